"""Limits that a process sets itself before it reads what it does not trust."""

from __future__ import annotations

import resource
from contextlib import suppress


def confine(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Let this process take so much memory and time, write no file, and leave no core behind."""
    wanted = (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    )
    for kind, value in wanted:
        # A system that does not know a limit says so; the clock of who waits still holds.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))
