"""Calls of the driver, each seen to its end whoever goes away meanwhile.

A call that is cancelled while it connects leaves its socket open: the driver closes it after any
error but that one (neo4j 6.4, `_async_compat/network/_bolt_socket.py`, read 2026-11).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

_LEAVING_SECONDS: Final = 2.0
"""So long those that still go on are waited for at the end; then they are cancelled after all."""

Result = TypeVar("Result")


class Calls:
    """Those that go on."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, call: Coroutine[Any, Any, Result]) -> Result:
        """Run a call and give what it gives; who is cancelled leaves, and it goes on."""
        task = asyncio.create_task(call)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def end(self) -> None:
        """Wait for those that go on, and no longer than makes sense."""
        if self._tasks:
            _, pending = await asyncio.wait(tuple(self._tasks), timeout=_LEAVING_SECONDS)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # Looked at, so that the loop does not tell of an error that nobody waited for.
            task.exception()
