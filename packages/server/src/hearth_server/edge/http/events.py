"""Changes of documents as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Final, Literal

from hearth_kit.errors import HearthError
from pydantic import TypeAdapter

from hearth_server.capabilities.knowledge.model import DocumentEvent

BEAT_SECONDS: Final = 15.0
LONGEST_SECONDS: Final = 600.0
"""After this a stream ends and the browser comes again, so that a revoked session is noticed."""

_EVENT: Final = TypeAdapter(DocumentEvent)


async def event_stream(
    events: AsyncIterator[DocumentEvent],
    stopping: asyncio.Event,
    *,
    beat: float = BEAT_SECONDS,
    longest: float = LONGEST_SECONDS,
) -> AsyncIterator[bytes]:
    """Give events as they come, a comment when none does, and an end when the server stops.

    Shape: `event: document`, `data:` a `DocumentEvent` as JSON, an empty line.
    """
    ends = time.monotonic() + longest
    stop = asyncio.ensure_future(stopping.wait())
    upcoming = asyncio.ensure_future(anext(events, None))
    try:
        yield b"retry: 2000\n\n"
        while time.monotonic() < ends:
            done, _ = await asyncio.wait(
                {stop, upcoming}, timeout=beat, return_when=asyncio.FIRST_COMPLETED
            )
            if stop in done:
                return
            if upcoming not in done:
                yield b": still here\n\n"
                continue
            try:
                event = upcoming.result()
            except HearthError:
                # The headers are sent, so no status can tell; the browser comes again by itself.
                return
            if event is None:
                return
            yield b"event: document\ndata: " + _EVENT.dump_json(event) + b"\n\n"
            upcoming = asyncio.ensure_future(anext(events, None))
    finally:
        await _end(stop, upcoming, events)


async def _end(
    stop: asyncio.Future[Literal[True]],
    upcoming: asyncio.Future[DocumentEvent | None],
    events: AsyncIterator[DocumentEvent],
) -> None:
    for task in (stop, upcoming):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
    close = getattr(events, "aclose", None)
    if close is not None:
        await close()
