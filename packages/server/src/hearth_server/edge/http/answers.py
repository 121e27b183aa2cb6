"""Answers piece by piece, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from hearth_kit.errors import HearthError
from pydantic import TypeAdapter
from starlette.responses import StreamingResponse

from hearth_server.capabilities.answers.model import AnswerEvent
from hearth_server.capabilities.answers.tools import QUESTIONS
from hearth_server.edge.errors import problem_of
from hearth_server.edge.http.calls import read_call
from hearth_server.edge.http.events import frame, frame_stream
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.http.responses import problems
from hearth_server.principal import Principal
from hearth_server.registry.errors import UnknownToolError

STREAM_PATH: Final = "/api/v1/answers/{name}"

DESCRIPTION: Final = """Takes what the tool takes and gives its answer as server-sent events.

Each is `event: KIND` and `data:` one JSON object whose `kind` is that word: `progress` a step has
begun, `sources` what the answer will stand on, `text` a further piece, `citation` the source that
the text so far ends on, `answer` the whole of it, checked, which is the last and the one that
counts. `problem` stands in its place where something broke. `agent_query` and `enhanced_search`
can be had in this way."""

_UNION: Final[Any] = AnswerEvent
_EVENT: Final[TypeAdapter[Any]] = TypeAdapter(_UNION)

Encode = Callable[[AnswerEvent], bytes]
"""Writes one event for whoever reads the stream."""


def add_answers(router: APIRouter, parts: Parts) -> None:
    """Add the route."""

    @router.post(
        STREAM_PATH,
        tags=["knowledge"],
        summary="Ask, and be told piece by piece",
        description=DESCRIPTION,
        response_class=StreamingResponse,
        responses={
            200: {"content": {"text/event-stream": {}}},
            **problems(400, 401, 403, 404, 413, 415, 422, 429, 503),
        },
        openapi_extra={
            "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}
        },
    )
    async def stream_tool(request: Request, name: str) -> Response:
        caller, arguments = await read_call(parts, request, name)
        return await answer_response(parts, caller, name, arguments, encode=write_event)


async def answer_response(
    parts: Parts, caller: Principal, name: str, arguments: dict[str, object], *, encode: Encode
) -> Response:
    """Ask, and answer with the stream. What is wrong with the question is told by a status.

    Raises:
        HearthError: as the tool itself raises, before its first event.
    """
    checked = await parts.registry.check_call(caller, name, arguments)
    if name not in QUESTIONS:
        listed = ", ".join(f"`{each}`" for each in sorted(QUESTIONS))
        msg = f"tool `{name}`: gives its result in one piece, expected one of {listed}"
        raise UnknownToolError(msg)
    events = parts.ask(caller, QUESTIONS[name](**checked))
    first = await anext(events)
    frames = _frames(first, events, encode)
    return StreamingResponse(
        frame_stream(frames, parts.stopping),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


def write_event(event: AnswerEvent) -> bytes:
    """Write an event for programs."""
    return frame(event.kind, _EVENT.dump_json(event))


async def _frames(
    first: AnswerEvent, rest: AsyncGenerator[AnswerEvent, None], encode: Encode
) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield encode(first)
        try:
            async for event in rest:
                yield encode(event)
        except HearthError as error:
            # The headers are sent: the last event tells what a status would have told.
            yield frame("problem", problem_of(error).model_dump_json().encode())
