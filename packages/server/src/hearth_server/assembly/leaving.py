"""What is opened for a server or a worker is closed with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol, runtime_checkable


@runtime_checkable
class Closable(Protocol):
    """What holds connections."""

    async def close(self) -> None:
        """Close them; asking afterwards is a mistake."""
        ...


@asynccontextmanager
async def closing(*things: object) -> AsyncIterator[None]:
    """Close at the end each of these that holds connections, whatever becomes of the others.

    Which adapter stands behind a port is a matter of settings, and some hold nothing.
    """
    async with AsyncExitStack() as stack:
        for each in things:
            if isinstance(each, Closable):
                stack.push_async_callback(each.close)
        yield
