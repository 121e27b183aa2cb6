"""Server-sent events: changes of documents, and whatever else comes piece by piece."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final, Literal

from hearth_kit.errors import HearthError
from pydantic import TypeAdapter

from hearth_server.capabilities.knowledge.model import DocumentEvent

BEAT_SECONDS: Final = 15.0
LONGEST_SECONDS: Final = 600.0
"""After this a stream ends and the browser comes again, so that a revoked session is noticed."""

_EVENT: Final = TypeAdapter(DocumentEvent)
_RETRY: Final = b"retry: 2000\n\n"


async def event_stream(
    events: AsyncIterator[DocumentEvent],
    stopping: asyncio.Event,
    *,
    beat: float = BEAT_SECONDS,
    longest: float = LONGEST_SECONDS,
) -> AsyncGenerator[bytes, None]:
    """Give events as they come, a comment when none does, and an end when the server stops.

    Shape: `event: document`, `data:` a `DocumentEvent` as JSON, an empty line.
    """
    yield _RETRY
    told = frame_stream(_frames(events), stopping, beat=beat, longest=longest)
    async with contextlib.aclosing(told):
        async for each in told:
            yield each


def frame(event: str, data: bytes) -> bytes:
    """Write one event; its data is one line."""
    return b"event: " + event.encode() + b"\ndata: " + data + b"\n\n"


async def _frames(events: AsyncIterator[DocumentEvent]) -> AsyncGenerator[bytes, None]:
    try:
        async for event in events:
            yield frame("document", _EVENT.dump_json(event))
    except HearthError:
        # The headers are sent, so no status can tell; the browser comes again by itself.
        return
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


async def frame_stream(
    frames: AsyncGenerator[bytes, None],
    stopping: asyncio.Event,
    *,
    beat: float = BEAT_SECONDS,
    longest: float = LONGEST_SECONDS,
) -> AsyncGenerator[bytes, None]:
    """Give events that are written already, and in silence a comment that keeps proxies calm."""
    ends = time.monotonic() + longest
    stop = asyncio.ensure_future(stopping.wait())
    upcoming = asyncio.ensure_future(anext(frames, None))
    try:
        while time.monotonic() < ends:
            done, _ = await asyncio.wait(
                {stop, upcoming}, timeout=beat, return_when=asyncio.FIRST_COMPLETED
            )
            if stop in done:
                return
            if upcoming not in done:
                yield b": still here\n\n"
                continue
            given = upcoming.result()
            if given is None:
                return
            yield given
            upcoming = asyncio.ensure_future(anext(frames, None))
    finally:
        await _end(stop, upcoming, frames)


async def _end(
    stop: asyncio.Future[Literal[True]],
    upcoming: asyncio.Future[bytes | None],
    frames: AsyncGenerator[bytes, None],
) -> None:
    for task in (stop, upcoming):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
    await frames.aclose()
