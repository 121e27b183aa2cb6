"""The page of search: a form that works by its address alone, so that it can be kept and sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hearth_kit.errors import HearthError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearth_server.edge.errors import Problem, problem_of
from hearth_server.edge.pages.site import Site

HITS_SHOWN: Final = 10
LEFT_OUT_SHOWN: Final = 5
FILTERS: Final = ("source_type", "tags", "since", "until")
WAYS: Final = ("hybrid", "text", "vector")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a passage, marked or not."""

    text: str
    is_match: bool


class SearchPages:
    """Search by words and meaning."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Give the routes of these pages."""
        return [Route("/search", self._show, methods=["GET"])]

    async def _show(self, request: Request) -> Response:
        caller = await self._site.caller(request)
        query = request.query_params.get("q", "").strip()
        by = request.query_params.get("by", "")
        by = by if by in WAYS else "hybrid"
        found: dict[str, Any] | None = None
        problem: Problem | None = None
        narrowed = {name: request.query_params.get(name, "").strip() for name in FILTERS}
        if query:
            arguments = {
                "query": query,
                "search_type": by,
                "match_count": HITS_SHOWN,
                "neighbours": 1,
                "left_out": LEFT_OUT_SHOWN,
                **{name: value for name, value in narrowed.items() if value},
            }
            if narrowed["tags"]:
                arguments["tags"] = [narrowed["tags"]]
            try:
                found = await self._site.registry.call(caller, "search_knowledge_base", arguments)
            except HearthError as error:
                problem = problem_of(error)
        if found:
            found = found | {"hits": [_cut(hit) for hit in found["hits"]]}
        return self._site.page(
            request,
            "search.html",
            caller=caller,
            here="/search",
            status=problem.status if problem else 200,
            q=query,
            by=by,
            found=found,
            narrowed=narrowed,
            sources=await self._site.registry.call(caller, "get_available_sources", {}),
            problem=problem,
        )


def _cut(hit: dict[str, Any]) -> dict[str, Any]:
    return hit | {"pieces": pieces_of(hit["text"], hit["highlights"])}


def pieces_of(text: str, spans: Sequence[Mapping[str, int]]) -> tuple[Piece, ...]:
    """Cut a passage where its matches begin and end; spans are in order and never overlap."""
    pieces: list[Piece] = []
    place = 0
    for span in spans:
        pieces.append(Piece(text=text[place : span["start"]], is_match=False))
        pieces.append(Piece(text=text[span["start"] : span["end"]], is_match=True))
        place = span["end"]
    pieces.append(Piece(text=text[place:], is_match=False))
    return tuple(piece for piece in pieces if piece.text)
