"""Whose the processor was: what this process and a server's used, and how much went to others."""

from __future__ import annotations

import contextlib
import time

import psutil


class Meter:
    """Counts from when it is made."""

    def __init__(self, server: int) -> None:
        self._server = psutil.Process(server)
        self._start = time.monotonic()
        self._own = self.own()
        self._busy = _busy_seconds()

    def own(self) -> float:
        """Give the seconds of CPU that this process and those of the server have used."""
        used = time.process_time()
        for process in (self._server, *self._server.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                spent = process.cpu_times()
                used += spent.user + spent.system
        return used

    def others(self) -> float:
        """Give the part of the machine that went to others since, from 0 to 1."""
        elapsed = (time.monotonic() - self._start) * (psutil.cpu_count() or 1)
        theirs = (_busy_seconds() - self._busy) - (self.own() - self._own)
        return max(0.0, theirs / elapsed)


def _busy_seconds() -> float:
    spent = psutil.cpu_times()
    return float(sum(spent) - spent.idle - getattr(spent, "iowait", 0.0))
