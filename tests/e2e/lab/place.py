"""Where the lab keeps its things: outside the repository, so that a second run is quick."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lab.shell import LabError

REPOSITORY = Path(__file__).resolve().parents[3]
IMAGES = Path(__file__).resolve().parent / "images"
LABEL = "hearth.lab"
NEWER = "newer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Folders of one lab."""

    cache: Path
    newer: bool = False
    """Debian 13's engine instead of the one that is installed."""

    @classmethod
    def from_environment(cls) -> Place:
        """Read HEARTH_LAB_CACHE, else take a folder of this user's, and HEARTH_LAB_ENGINE.

        Raises:
            LabError: `HEARTH_LAB_ENGINE` is neither empty nor `newer`.
        """
        engine = os.environ.get("HEARTH_LAB_ENGINE", "")
        if engine not in {"", NEWER}:
            raise LabError(f"HEARTH_LAB_ENGINE: `{engine}`; say `{NEWER}`, or leave it out")
        default = "/var/cache/hearth-lab" if os.geteuid() == 0 else "~/.cache/hearth-lab"
        cache = Path(os.environ.get("HEARTH_LAB_CACHE", default)).expanduser()
        cache.mkdir(parents=True, exist_ok=True)
        return cls(cache=cache, newer=engine == NEWER)

    @property
    def engine(self) -> Path:
        """The engine's folder: data, log, process ids."""
        return self.cache / ("engine-newer" if self.newer else "engine")

    @property
    def registry(self) -> Path:
        """The local registry's folder."""
        return self.cache / "registry"
