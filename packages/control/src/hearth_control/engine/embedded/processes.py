"""Looking at processes and ending them: ids, start times, groups and marks.

On Linux everything is read from `/proc`; elsewhere `psutil` is imported when it is first needed,
which keeps the supervisor small where most of them run.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Final

MARK: Final = "SUPERVISED_BY_HEARTH"
"""Variable in every unit's environment, inherited by whatever the unit starts: by whom it was."""

_PROC: Final = Path("/proc")
_START_FIELD: Final = 19
"""Index of `starttime` behind the command's name in `/proc/<pid>/stat`; its state is index 0."""


def boot_id() -> str:
    """Give what differs after each start of the machine; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def start_mark(pid: int) -> str | None:
    """Give when a process started, in the system's own measure; None when it is gone.

    A process that ended and was not yet waited for counts as gone.
    """
    if not _PROC.joinpath("self/stat").exists():
        return _start_mark_elsewhere(pid)
    try:
        text = _PROC.joinpath(str(pid), "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else fields[_START_FIELD]


def _start_mark_elsewhere(pid: int) -> str | None:
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.Error:
        return None


def is_alive(pid: int | None, start: str) -> bool:
    """Tell whether a process still runs, and is not a later one of the same id."""
    return pid is not None and start != "" and start_mark(pid) == start


def marked(value: str) -> tuple[int, ...]:
    """Find every process that carries a mark, whatever its group or session; Linux only."""
    wanted = os.fsencode(f"{MARK}={value}")
    found = []
    for folder in _PROC.iterdir() if _PROC.joinpath("self/environ").exists() else ():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                if wanted in folder.joinpath("environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return tuple(pid for pid in found if pid != os.getpid() and start_mark(pid) is not None)


def mark_of(home: str, pid: int | None, start: str) -> str:
    """Give the mark of what one supervisor started; a later one of the same home has another."""
    return f"{pid}-{start}:{home}"


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to the group that a unit leads; none there is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def signal_each(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to processes one by one; those that are gone are no error."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
