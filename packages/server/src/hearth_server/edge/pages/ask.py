"""The page of questions: with script the answer is shown as it is written, without it whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hearth_kit.errors import HearthError
from pydantic import TypeAdapter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearth_server.capabilities.answers.model import (
    Answer,
    Answered,
    AnswerEvent,
    Cited,
    Progress,
    SourcesFound,
    TextWritten,
)
from hearth_server.edge.errors import Problem, problem_of
from hearth_server.edge.http.answers import answer_response
from hearth_server.edge.http.events import frame
from hearth_server.edge.http.problem import respond
from hearth_server.edge.pages.site import Site

STEPS: Final[Mapping[str, str]] = {
    "planning": "Thinking of what to search for…",
    "searching": "Searching your documents…",
    "grading": "Judging what was found…",
    "writing": "Writing…",
    "checking": "Checking every sentence…",
}

_ANSWER: Final = TypeAdapter(Answer)
_MARKER: Final = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of an answer: text, or the marker of a source."""

    text: str
    number: int | None = None
    is_doubtful: bool = False


class AskPages:
    """Questions, and their answers out of one's own documents."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Give the routes of these pages."""
        return [
            Route("/ask", self._show, methods=["GET"]),
            Route("/ask", self._ask, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        await self._site.caller(request)
        return await self._page(request, question=request.query_params.get("q", "").strip())

    async def _ask(self, request: Request) -> Response:
        caller, fields = await self._site.form(request)
        question = " ".join(fields.get("q", [])).strip()
        is_deep = bool(fields.get("deep"))
        name = "enhanced_search" if is_deep else "agent_query"
        arguments: dict[str, object] = {"query": question}
        is_streamed = "text/event-stream" in request.headers.get("accept", "")
        try:
            if is_streamed:
                return await answer_response(
                    self._site.parts, caller, name, arguments, encode=self._encode
                )
            answer = await self._site.registry.call(caller, name, arguments)
        except HearthError as error:
            problem = problem_of(error)
            if is_streamed:
                return respond(problem)
            return await self._page(request, question=question, is_deep=is_deep, problem=problem)
        return await self._page(request, question=question, is_deep=is_deep, answer=answer)

    async def _page(
        self,
        request: Request,
        *,
        question: str,
        is_deep: bool = False,
        answer: dict[str, Any] | None = None,
        problem: Problem | None = None,
    ) -> Response:
        return self._site.page(
            request,
            "ask.html",
            caller=await self._site.caller(request),
            here="/ask",
            status=problem.status if problem else 200,
            question=question,
            is_deep=is_deep,
            problem=problem,
            shown=shown_of(answer) if answer else None,
        )

    def _encode(self, event: AnswerEvent) -> bytes:
        """Write an event for the page's script."""
        value: dict[str, str] = {}
        match event:
            case Progress():
                value = {"label": STEPS[event.step]}
            case TextWritten():
                value = {"text": event.text}
            case Answered():
                answer = _ANSWER.dump_python(event.answer, mode="json")
                shown = shown_of(answer)
                value = {"html": self._site.render.fragment("answer.html", {"shown": shown})}
            case SourcesFound() | Cited():
                pass  # both stand in the answer, where the page shows them
        return frame(event.kind, to_json(value))


def shown_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Give an answer as the template shows it."""
    return {
        **answer,
        "stretches": stretches_of(answer["text"], answer["statements"]),
        "by_number": {each["number"]: each for each in answer["sources"]},
    }


def stretches_of(text: str, statements: Sequence[Mapping[str, Any]]) -> tuple[Stretch, ...]:
    """Cut an answer at its statements and markers; statements are in order and never overlap."""
    stretches: list[Stretch] = []
    place = 0
    for each in statements:
        is_doubtful = each["support"] == "unsupported"
        stretches += _cut(text[place : each["start"]], is_doubtful=False)
        stretches += _cut(text[each["start"] : each["end"]], is_doubtful=is_doubtful)
        place = each["end"]
    return (*stretches, *_cut(text[place:], is_doubtful=False))


def _cut(text: str, *, is_doubtful: bool) -> list[Stretch]:
    stretches: list[Stretch] = []
    place = 0
    for marker in _MARKER.finditer(text):
        stretches.append(Stretch(text=text[place : marker.start()], is_doubtful=is_doubtful))
        stretches.append(Stretch(text=marker[0], number=int(marker[1])))
        place = marker.end()
    stretches.append(Stretch(text=text[place:], is_doubtful=is_doubtful))
    return [each for each in stretches if each.text]
