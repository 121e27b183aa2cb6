"""A container's own check, run by Hearth while it starts.

The engine runs it for the first time one interval after the start, often fifteen seconds, and only
from Engine 25 on sooner. Asking the same question in between makes `up` as fast as the service.
What passed is remembered, so that `status` says the same until the engine has asked for itself.

Source: Docker Engine API, `HealthConfig.Test`: `["CMD", …]`, `["CMD-SHELL", line]`, `["NONE"]`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from hearth_kit.errors import HearthError
from hearth_kit.files import write_atomic

from hearth_control.engine.compose.api import EngineAPI, Json
from hearth_control.engine.compose.stream import demux

NANOSECONDS = 1_000_000_000
LONGEST_SECONDS = 10.0
KEPT_BYTES = 2000
SOON_SECONDS = 2.0
"""An engine that asks this often needs no help."""


def check_argv(config: Mapping[str, object]) -> tuple[str, ...]:
    """Give the command of a container's check; empty where it has none."""
    check = config.get("Healthcheck")
    test = check.get("Test") if isinstance(check, dict) else None
    match test:
        case ["CMD", *argv]:
            return tuple(str(word) for word in argv)
        case ["CMD-SHELL", str(line)]:
            shell = config.get("Shell")
            words = shell if isinstance(shell, Sequence) and shell else ("/bin/sh", "-c")
            return (*(str(word) for word in words), line)
        case _:
            return ()


def is_slow(config: Mapping[str, object]) -> bool:
    """Whether the engine lets a container wait long for its first check."""
    check = config.get("Healthcheck")
    interval = check.get("Interval") if isinstance(check, dict) else None
    return not interval or int(interval) > SOON_SECONDS * NANOSECONDS


def run_check(api: EngineAPI, found: Json) -> str:
    """Run a container's check once; empty when it passed, else what it said."""
    config = found.get("Config", {})
    seconds = int((config.get("Healthcheck") or {}).get("Timeout") or 0) / NANOSECONDS
    try:
        exec_id = api.create_exec(str(found["Id"]), check_argv(config))
        timeout = min(seconds or LONGEST_SECONDS, LONGEST_SECONDS)
        with api.start_exec(exec_id, timeout_seconds=timeout) as stream:
            said = b"".join(payload for _, payload in demux(stream.pieces()))[:KEPT_BYTES]
        code = api.exec_exit_code(exec_id)
    except HearthError as error:
        # The container ended meanwhile, or its check hangs: the engine's own word counts then.
        return f"not asked: {error}"
    if code == 0:
        return ""
    return said.decode("utf-8", "replace").strip() or f"exit code {code}"


class Passed:
    """Which containers passed their check before the engine asked, by id and beginning."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def load(self) -> Mapping[str, str]:
        """Give container id → the beginning for which it holds; losing the file loses nothing."""
        try:
            known = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def save(self, found: Sequence[Json]) -> None:
        """Remember what passed in this deploy, and forget the rest."""
        marks = {str(one["Id"]): str(one["State"]["StartedAt"]) for one in found}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(self._file, json.dumps(marks))
