"""What the supervisor knows, as a file that any command can read without asking it.

Shape: `{"version", "boot", "clean", "socket", "supervisor": {"pid", "start"}, "units": {name:
UnitRecord}}`. No secret is in it. `clean` says that the supervisor ended of its own will.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

VERSION: Final = 1


@dataclass(slots=True, kw_only=True)
class UnitRecord:
    """A unit as the supervisor last saw it. `start` tells its process from a later one of its id.

    `state` and `health` are words of `engine.observed`; `why` is for a person.
    """

    service: str
    hash: str
    state: str = "starting"
    health: str = "none"
    pid: int | None = None
    start: str = ""
    started_at: str = ""
    restarts: int = 0
    exit_code: int | None = None
    why: str = ""
    needs: tuple[str, ...] = ()
    port: int | None = None


@dataclass(slots=True, kw_only=True)
class EngineState:
    """Everything in the state file."""

    boot: str = ""
    pid: int | None = None
    start: str = ""
    socket: str = ""
    clean: bool = False
    units: dict[str, UnitRecord] = field(default_factory=dict)


def dump_state(state: EngineState) -> str:
    """Give the state as text."""
    return json.dumps(
        {
            "version": VERSION,
            "boot": state.boot,
            "clean": state.clean,
            "socket": state.socket,
            "supervisor": {"pid": state.pid, "start": state.start},
            "units": {name: asdict(state.units[name]) for name in sorted(state.units)},
        }
    )


def parse_state(text: str) -> EngineState | None:
    """Read a state; None when the text is torn or of another version.

    Example:
        >>> parse_state("{") is None
        True
    """
    try:
        found = json.loads(text)
        if found["version"] != VERSION:
            return None
        return EngineState(
            boot=found["boot"],
            pid=found["supervisor"]["pid"],
            start=found["supervisor"]["start"],
            socket=found["socket"],
            clean=found["clean"],
            units={name: _record(values) for name, values in found["units"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def load_state(path: Path) -> EngineState | None:
    """Read the state file; None when there is none, or none that can be used."""
    try:
        return parse_state(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def save_state(path: Path, state: EngineState) -> None:
    """Replace the state file, without waiting for the disk.

    After a crash of the machine nothing in it would be true anyway.

    Raises:
        OSError: the home cannot be written, or the disk is full; the old file stays.
    """
    scratch = path.with_suffix(".new")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(dump_state(state))
    scratch.replace(path)


def _record(values: Mapping[str, Any]) -> UnitRecord:
    known = {each.name for each in fields(UnitRecord)}
    kept = {key: value for key, value in values.items() if key in known}
    return UnitRecord(**{**kept, "needs": tuple(kept.get("needs", ()))})
