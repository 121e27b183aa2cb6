"""What units use: each process with all that it started."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import psutil

SAMPLE_SECONDS: Final = 0.1


def measure(pids: Mapping[str, int]) -> dict[str, tuple[float, int]]:
    """Give each unit's share of one core and its memory in bytes; units that ended are left out.

    Memory counts shared pages by their share (PSS) where the system tells it, so that sums are
    true; elsewhere what is the process's own.
    """
    before = {name: _tree(pid) for name, pid in pids.items()}
    began, first = time.monotonic(), {name: _seconds(tree) for name, tree in before.items()}
    time.sleep(SAMPLE_SECONDS)
    passed = time.monotonic() - began
    return {
        name: (max(0.0, _seconds(tree) - first[name]) / passed, sum(map(_memory, tree)))
        for name, tree in before.items()
        if tree and tree[0].is_running()
    }


def _tree(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _seconds(tree: list[psutil.Process]) -> float:
    total = 0.0
    for process in tree:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


def _memory(process: psutil.Process) -> int:
    try:
        found = process.memory_full_info()
        return int(getattr(found, "pss", 0) or found.uss)
    except psutil.Error:
        return 0
