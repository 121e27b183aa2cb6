"""The backups that there are, as the runner lists them, and which one is meant. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hearth_control.backup.errors import BackupNotFoundError

WHOLE: Final = "whole"
RUNNING: Final = "running"
BEFORE: Final = "before-restore"
LATEST: Final = "latest"
_SHORTEST: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One backup. `kind`: `whole`, `running` (without what must stand still) or `before-restore`.

    `size` is all that it holds, `added` what the repository grew by, in bytes; None: not told.
    """

    id: str
    at: datetime
    host: str
    kind: str
    size: int | None
    added: int | None


def parse_backups(said: Mapping[str, Any]) -> tuple[Backup, ...]:
    """Read the runner's list, newest first."""
    found = [
        Backup(
            id=one["id"],
            at=datetime.fromisoformat(one["at"]),
            host=one["host"],
            kind=one["kind"],
            size=one["size"],
            added=one["added"],
        )
        for one in said["backups"]
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def choose(backups: Sequence[Backup], named: str) -> Backup:
    """Find a backup by the beginning of its id, or the latest that no restore took for itself.

    Raises:
        BackupNotFoundError: there is none, or several begin like this.
    """
    if named == LATEST:
        latest = next((one for one in backups if one.kind != BEFORE), None)
        if latest is None:
            raise BackupNotFoundError("backup: there is no backup yet", hint="hearth backup now")
        return latest
    found = [one for one in backups if one.id.startswith(named)]
    if len(found) == 1 and len(named) >= _SHORTEST:
        return found[0]
    what = "several backups begin like this" if found else "no backup has this id"
    raise BackupNotFoundError(f"{named}: {what}", hint="hearth backup list")
