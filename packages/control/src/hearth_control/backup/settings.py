"""Taking a backup's settings, secrets and own services into the home."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hearth_kit.files import make_private, write_atomic

from hearth_control.deploy.errors import writing
from hearth_control.deploy.world import World
from hearth_control.settings.edit import write_env
from hearth_control.settings.env_file import parse_env

RESTORED: Final = Path("run", "restored")
REPLACED: Final = "replaced"
OWN_KEY: Final = "backup_repository_password"
"""It opened the repository just now, so it is the right one."""
_ENV: Final = ".env"
_KEPT: Final = "BACKUP_"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What came back into the home; what was there before lies in `replaced`."""

    files: tuple[str, ...]
    replaced: Path | None


def take_settings_in(world: World) -> TakenIn:
    """Move what was laid out into its places; keep what it replaces, and where backups are.

    Raises:
        HomeNotWritableError, DiskFullError: the home does not take it; what was laid out stays.
    """
    home = world.home
    source = home / RESTORED
    taken: list[str] = []
    stamp = world.clock.now().strftime("%Y%m%d-%H%M%S")
    aside = home / REPLACED / stamp
    with writing(home), world.deploy_lock():
        kept = _own_settings(home / _ENV)
        for name in _files(source):
            target = home / name
            data = (source / name).read_bytes()
            if target.is_file() and target.read_bytes() == data:
                continue
            if target.exists():
                _set_aside(target, aside / name)
            make_private(target.parent)
            write_atomic(target, data, mode=0o600)
            taken.append(name)
        if _ENV in taken and kept:
            write_env(home, kept)
        shutil.rmtree(source)
    return TakenIn(files=tuple(taken), replaced=aside if aside.exists() else None)


def _files(source: Path) -> Iterable[str]:
    found = (path.relative_to(source) for path in sorted(source.rglob("*")) if path.is_file())
    names = [path.as_posix() for path in found]
    left = {f"secrets/{OWN_KEY}", "applied.json"}
    # The store's own notes speak of the volumes of this machine, not of those of then.
    return [name for name in names if name not in left and not name.startswith("secrets/.")]


def _set_aside(target: Path, aside: Path) -> None:
    make_private(aside.parent)
    shutil.copy2(target, aside)


def _own_settings(env: Path) -> Mapping[str, str | None]:
    """Read where backups are now, which an older `.env` must not undo."""
    try:
        text = env.read_text(encoding="utf-8")
    except OSError:
        return {}
    return {
        one.key: one.value for one in parse_env(text) if not one.fault and one.key.startswith(_KEPT)
    }
