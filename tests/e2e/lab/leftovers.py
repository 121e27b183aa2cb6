"""End what a killed engine left running: its containerd, the shims, and what they hold."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def end_leftovers(folder: Path) -> None:
    """End the processes that were started with this folder of a dead engine, and their children.

    Only the lab starts programs with that folder among their arguments.
    """
    mine = {pid for pid, (_, words) in _processes().items() if _names(words, folder)}
    mine.discard(os.getpid())
    doomed = mine | {pid for pid, (parent, _) in _processes().items() if parent in mine}
    for pid in doomed:
        _kill(pid)
    deadline = time.monotonic() + 10
    while doomed & _processes().keys() and time.monotonic() < deadline:
        time.sleep(0.05)


def _names(words: tuple[str, ...], folder: Path) -> bool:
    return any(word.startswith(f"{folder}/") for word in words)


def _processes() -> dict[int, tuple[int, tuple[str, ...]]]:
    """Read every live process: its parent and its arguments."""
    found: dict[int, tuple[int, tuple[str, ...]]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            found[int(entry.name)] = (int(parent), tuple(words))
    return found


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
