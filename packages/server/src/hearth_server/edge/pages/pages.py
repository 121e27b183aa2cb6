"""All pages together."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hearth_kit.errors import UnavailableError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hearth_server.edge.errors import Problem
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.pages.ask import AskPages
from hearth_server.edge.pages.documents import DocumentPages
from hearth_server.edge.pages.graph import GraphPages
from hearth_server.edge.pages.me import MePages
from hearth_server.edge.pages.reference import groups_of, shapes_of
from hearth_server.edge.pages.search import SearchPages
from hearth_server.edge.pages.sign_in import SignInPages
from hearth_server.edge.pages.site import Site
from hearth_server.edge.pages.stack import StackPages
from hearth_server.edge.pages.tools import ToolPages

RECENT = 5


class Pages:
    """The site for people."""

    def __init__(self, parts: Parts, document: dict[str, Any]) -> None:
        self._site = Site(parts)
        self._description = document["info"]["description"]
        self._groups = groups_of(document)
        self._shapes = shapes_of(document)

    def routes(self) -> list[BaseRoute]:
        """Give the routes of all pages."""
        return [
            Route("/", self._home, methods=["GET"]),
            Route("/docs", self._reference, methods=["GET"]),
            Route("/static/{name}", self._site.render.serve_static, methods=["GET"]),
            *SignInPages(self._site).routes(),
            *DocumentPages(self._site).routes(),
            *SearchPages(self._site).routes(),
            *AskPages(self._site).routes(),
            *GraphPages(self._site).routes(),
            *ToolPages(self._site).routes(),
            *StackPages(self._site).routes(),
            *MePages(self._site).routes(),
        ]

    async def problem(self, request: Request, problem: Problem) -> Response:
        """Show what went wrong."""
        return await self._site.problem(request, problem)

    async def _home(self, request: Request) -> Response:
        caller = await self._site.caller(request)
        documents = await self._site.registry.call(caller, "list_documents", {"limit": RECENT})
        tools = len(self._site.registry.listed_for(caller))
        return self._site.page(
            request,
            "home.html",
            caller=caller,
            here="/",
            documents=documents,
            tools=tools,
            sees_services=caller.allows("stack:read"),
        )

    async def _reference(self, request: Request) -> Response:
        # The reference is the same for everybody, and can be read while the database is down.
        caller = None
        with suppress(UnavailableError):
            caller = await self._site.parts.gate.find(request)
        return self._site.page(
            request,
            "reference.html",
            caller=caller,
            here="/docs",
            description=self._description,
            groups=self._groups,
            schemas=self._shapes,
        )
