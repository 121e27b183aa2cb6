"""The pulse of a run: says twice a second how far it is, and learns whether it may go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Final, TypeVar

from hearth_server.capabilities.knowledge.model import Stage
from hearth_server.capabilities.knowledge.ports import Run, Runs

SECONDS: Final = 0.5
"""Often enough to watch and to cancel, rarely enough to cost nothing."""

Result = TypeVar("Result")


class Pulse:
    """Writes a run's progress while its work goes on, however long one piece of work takes."""

    def __init__(self, runs: Runs, run: Run, *, seconds: float = SECONDS) -> None:
        self._runs = runs
        self._run = run
        self._seconds = seconds
        self._stage = Stage.READING
        self._done = 0
        self._total = 0
        self._last = time.monotonic()

    async def enter(self, stage: Stage, *, total: int = 0) -> None:
        """Begin a stage and say so at once.

        Raises:
            IngestCancelledError: the person cancelled or deleted the document.
            StaleRunError: another worker has taken it over.
        """
        self._stage, self._done, self._total = stage, 0, total
        await self._write()

    def reach(self, done: int, total: int) -> None:
        """Note how far the stage is; the next beat says it."""
        self._done, self._total = done, total

    async def beat(self) -> None:
        """Say how far it is, unless that was said a moment ago. Raises as `enter` does."""
        if time.monotonic() - self._last >= self._seconds:
            await self._write()

    async def during(self, work: Awaitable[Result]) -> Result:
        """Wait for a piece of work and keep saying how far it is; stop it when it may not go on.

        Raises as `enter` does, and whatever the work raises.
        """
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=self._seconds)
                if not task.done():
                    await self._write()
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _write(self) -> None:
        self._last = time.monotonic()
        await self._runs.progress(self._run, self._stage, done=self._done, total=self._total)
