"""The stream of documents' changes: beats, ends, tells nothing after the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from hearth_kit.errors import UnavailableError
from hearth_server.capabilities.knowledge.model import DocumentEvent
from hearth_server.edge.http.events import event_stream
from hearth_server.testing.edge import Lab, make_document

pytestmark = pytest.mark.unit


async def collect(
    events: AsyncIterator[DocumentEvent], stopping: asyncio.Event, *, beat: float = 5
) -> list[bytes]:
    return [each async for each in event_stream(events, stopping, beat=beat, longest=0.2)]


async def test_events_are_told() -> None:
    document = make_document("a.txt", b"one", "text/plain")

    async def two() -> AsyncIterator[DocumentEvent]:
        yield DocumentEvent(document_id=document.id, document=document)
        yield DocumentEvent(document_id=document.id, document=None)

    told = await collect(two(), asyncio.Event())
    assert told[0] == b"retry: 2000\n\n"
    assert told[1].startswith(b"event: document\ndata: {")
    assert b'"title":"a.txt"' in told[1]
    assert told[2].endswith(b'"document":null}\n\n')
    assert len(told) == 3


class Silence:
    """Never tells anything, and knows whether it was closed."""

    def __init__(self) -> None:
        self.is_closed = False

    def __aiter__(self) -> Silence:
        return self

    async def __anext__(self) -> DocumentEvent:
        await asyncio.Event().wait()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.is_closed = True


async def test_silence_beats_and_ends() -> None:
    silence = Silence()
    told = await collect(silence, asyncio.Event(), beat=0.05)
    assert told[1] == b": still here\n\n"
    assert 3 <= len(told) <= 6
    assert silence.is_closed


async def test_stopping_ends_stream() -> None:
    stopping = asyncio.Event()
    stopping.set()
    silence = Silence()
    assert await collect(silence, stopping) == [b"retry: 2000\n\n"]
    assert silence.is_closed


async def test_outage_ends_stream() -> None:
    async def breaks() -> AsyncIterator[DocumentEvent]:
        msg = "postgres: does not answer"
        raise UnavailableError(msg)
        yield

    assert await collect(breaks(), asyncio.Event()) == [b"retry: 2000\n\n"]


async def test_route_streams(lab: Lab, agent: httpx2.AsyncClient) -> None:
    document = make_document("a.txt", b"one", "text/plain")
    await lab.files.events.put(DocumentEvent(document_id=document.id, document=document))
    asyncio.get_running_loop().call_later(0.3, lab.stopping.set)
    answer = await agent.get("/api/v1/documents/events")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert '"title":"a.txt"' in answer.text


async def test_stranger_hears_nothing(anybody: httpx2.AsyncClient) -> None:
    assert (await anybody.get("/api/v1/documents/events")).status_code == 401
