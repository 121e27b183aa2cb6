"""Where the lab keeps its things: outside the repository, so that a second run is quick."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
IMAGES = Path(__file__).resolve().parent / "images"
LABEL = "hearth.lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Folders of one lab."""

    cache: Path

    @classmethod
    def from_environment(cls) -> Place:
        """Read HEARTH_LAB_CACHE, else take a folder of this user's."""
        default = "/var/cache/hearth-lab" if os.geteuid() == 0 else "~/.cache/hearth-lab"
        cache = Path(os.environ.get("HEARTH_LAB_CACHE", default)).expanduser()
        cache.mkdir(parents=True, exist_ok=True)
        return cls(cache=cache)

    @property
    def engine(self) -> Path:
        """The engine's folder: data, log, process ids."""
        return self.cache / "engine"

    @property
    def registry(self) -> Path:
        """The local registry's folder."""
        return self.cache / "registry"
