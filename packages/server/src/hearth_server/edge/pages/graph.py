"""The page of one's graph: a picture that one walks by its links, and the same in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearth_server.capabilities.graph.errors import NodeNotFoundError
from hearth_server.edge.pages.site import Site
from hearth_server.principal import Principal

WIDTH: Final = 640
HEIGHT: Final = 420
THINGS_SHOWN: Final = 100
AROUND_SHOWN: Final = 40
FACTS_SHOWN: Final = 100
_LONGEST_LABEL: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A thing in the picture; places are in units of a picture of 640 by 420."""

    id: str
    name: str
    short: str
    x: float
    y: float
    is_middle: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A relation in the picture, from one thing to the other."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation in words."""

    source: Mapping[str, Any]
    kind: str
    target: Mapping[str, Any]
    note: str
    valid_from: str
    valid_to: str | None = None
    evidence: Sequence[Mapping[str, Any]] = ()
    """The words of documents that it stands on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A thing with what is around it."""

    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]


class GraphPages:
    """What a person knows as things and relations."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Give the routes of these pages."""
        return [
            Route("/graph", self._list, methods=["GET"]),
            Route("/graph/{node_id}", self._show, methods=["GET"]),
        ]

    async def _list(self, request: Request) -> Response:
        caller = await self._site.caller(request)
        text = request.query_params.get("q", "").strip()[:200]
        found = await self._site.registry.call(
            caller, "find_things", {"text": text, "limit": THINGS_SHOWN}
        )
        told = await self._facts(caller, query=text) if text else []
        return self._site.page(
            request,
            "graph.html",
            caller=caller,
            here="/graph",
            q=text,
            things=found["nodes"],
            facts=[relation_of(each) for each in told],
        )

    async def _show(self, request: Request) -> Response:
        caller = await self._site.caller(request)
        arguments = {"node_id": str(_id_of(request)), "limit": AROUND_SHOWN}
        around = await self._site.registry.call(caller, "explore_graph", arguments)
        facts = await self._facts(caller, node_id=arguments["node_id"], with_past=True)
        return self._site.page(
            request,
            "thing.html",
            caller=caller,
            here="/graph",
            thing=around["nodes"][0],
            picture=picture_of(around["nodes"], around["edges"]),
            relations=relations_of(around["nodes"], around["edges"], facts),
            earlier=[relation_of(each) for each in facts if each["valid_to"]],
            is_cut=around["is_cut"],
        )

    async def _facts(self, caller: Principal, **wish: object) -> Sequence[Mapping[str, Any]]:
        arguments = {"limit": FACTS_SHOWN, **wish}
        found = await self._site.registry.call(caller, "search_graph", arguments)
        facts: Sequence[Mapping[str, Any]] = found["facts"]
        return facts


def picture_of(nodes: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]) -> Picture:
    """Place the first thing in the middle and the others around it, in their order."""
    places = {nodes[0]["id"]: (WIDTH / 2, HEIGHT / 2)}
    for number, node in enumerate(nodes[1:]):
        angle = 2 * math.pi * number / max(1, len(nodes) - 1) - math.pi / 2
        # Every second one stands further in, so that names of neighbours do not overlap.
        reach = 1.0 if number % 2 == 0 or len(nodes) < 8 else 0.68
        x = WIDTH / 2 + math.cos(angle) * (WIDTH / 2 - 80) * reach
        y = HEIGHT / 2 + math.sin(angle) * (HEIGHT / 2 - 35) * reach
        places[node["id"]] = (round(x, 1), round(y, 1))
    dots = tuple(
        Dot(
            id=node["id"],
            name=node["name"],
            short=_shorten(node["name"]),
            x=places[node["id"]][0],
            y=places[node["id"]][1],
            is_middle=number == 0,
        )
        for number, node in enumerate(nodes)
    )
    lines = tuple(
        Line(
            x1=places[edge["source"]][0],
            y1=places[edge["source"]][1],
            x2=places[edge["target"]][0],
            y2=places[edge["target"]][1],
        )
        for edge in edges
        if edge["source"] in places and edge["target"] in places
    )
    return Picture(dots=dots, lines=lines)


def relation_of(fact: Mapping[str, Any]) -> Relation:
    """Say a fact in words."""
    return Relation(
        source=fact["subject"],
        kind=fact["kind"].replace("_", " "),
        target=fact["object"],
        note=fact["note"],
        valid_from=fact["valid_from"],
        valid_to=fact["valid_to"],
        evidence=fact["evidence"],
    )


def relations_of(
    nodes: Sequence[Mapping[str, Any]],
    edges: Sequence[Mapping[str, Any]],
    facts: Sequence[Mapping[str, Any]] = (),
) -> tuple[Relation, ...]:
    """Say the relations in words, those of the first thing first, with what they stand on."""
    evidence = {each["id"]: each["evidence"] for each in facts}
    by_id = {node["id"]: node for node in nodes}
    first = nodes[0]["id"]
    ordered = sorted(edges, key=lambda edge: first not in {edge["source"], edge["target"]})
    return tuple(
        Relation(
            source=by_id[edge["source"]],
            kind=edge["kind"].replace("_", " "),
            target=by_id[edge["target"]],
            note=edge["note"],
            valid_from=edge["valid_from"],
            evidence=evidence.get(edge["id"], ()),
        )
        for edge in ordered
        if edge["source"] in by_id and edge["target"] in by_id
    )


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else name[: _LONGEST_LABEL - 1] + "…"


def _id_of(request: Request) -> UUID:
    try:
        return UUID(str(request.path_params["node_id"]))
    except ValueError as cause:
        msg = "graph: there is nothing at this address"
        raise NodeNotFoundError(msg) from cause
