"""Build the application out of its parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hearth_server.edge.auth.metadata import MCP_PATH, WELL_KNOWN, challenge, metadata_of
from hearth_server.edge.errors import Problem
from hearth_server.edge.http.api import api_routes
from hearth_server.edge.http.envelope import Envelope
from hearth_server.edge.http.health import health_routes
from hearth_server.edge.http.openapi import openapi_document
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.http.problem import Challenge, handle_errors
from hearth_server.edge.mcp.endpoint import MCPEndpoint
from hearth_server.edge.mcp.plain import agent_routes
from hearth_server.edge.pages.pages import Pages


def build_app(parts: Parts) -> ASGIApp:
    """Build the whole application: API, MCP and pages, inside the envelope."""
    app, mcp = _build(parts)
    return Envelope(Front(app, mcp), is_https=parts.base_url.startswith("https://"))


def build_routes(parts: Parts) -> FastAPI:
    """Build the application without its envelope; the OpenAPI document is made from it."""
    return _build(parts)[0]


class Front:
    """Leads agents straight to `/mcp`, past the routing of all else: a third of a call's work."""

    def __init__(self, app: ASGIApp, mcp: MCPEndpoint) -> None:
        self._app = app
        self._mcp = mcp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or the lifespan."""
        is_agent = scope["type"] == "http" and scope["path"] in {MCP_PATH, f"{MCP_PATH}/"}
        await (self._mcp if is_agent else self._app)(scope, receive, send)


def _build(parts: Parts) -> tuple[FastAPI, MCPEndpoint]:
    mcp = MCPEndpoint(
        parts.registry, parts.gate, base_url=parts.base_url, allowed_hosts=parts.allowed_hosts
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with parts.running(), mcp.run():
            yield

    app = FastAPI(
        title="Hearth",
        version=version("hearth-server"),
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(health_routes(parts.checks))
    app.include_router(api_routes(parts))
    app.include_router(agent_routes(parts))
    app.router.routes.extend(_metadata_routes(parts.base_url))
    document = openapi_document(app, parts.registry)
    app.router.routes.append(_openapi_route(document))
    pages = Pages(parts, document)
    app.router.routes.extend(pages.routes())
    handle_errors(app, pages.problem, _challenge_of(parts))
    return app, mcp


def _challenge_of(parts: Parts) -> Challenge:
    def write(request: Request, _problem: Problem) -> str:
        is_refused = parts.gate.was_shown(request)
        path = MCP_PATH if request.url.path.startswith(f"{MCP_PATH}/") else ""
        return challenge(parts.base_url, path=path, is_refused=is_refused)

    return write


def _metadata_routes(base_url: str) -> list[Route]:
    def describe(path: str) -> Route:
        async def get_metadata(_request: Request) -> Response:
            return JSONResponse(metadata_of(base_url, path=path))

        return Route(f"{WELL_KNOWN}{path}", endpoint=get_metadata)

    return [describe(""), describe(MCP_PATH)]


def _openapi_route(document: dict[str, Any]) -> Route:
    async def get_openapi(_request: Request) -> Response:
        return JSONResponse(document)

    return Route("/openapi.json", endpoint=get_openapi)
