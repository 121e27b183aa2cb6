"""`/api/v1/rag`: the knowledge tools under the addresses that programs of its kind expect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter, Request, Response

from hearth_server.edge.http.calls import body_of, call_tool, call_with_body
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.http.responses import JSONValue, problems
from hearth_server.edge.http.uploads import UPLOAD_BODY, Received, receive_upload

_FAILING: Final = problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)

POSTED: Final = (
    ("search", "search_knowledge_base"),
    ("ingest/content", "ingest_text"),
    ("agent", "agent_query"),
)
"""Address and tool; one whose tool this server does not have is not served."""


def add_rag(router: APIRouter, parts: Parts) -> None:
    """Add the routes; each does what its tool does, with the tool's own arguments."""
    known = {tool.name: tool for tool in parts.registry.all_tools()}
    for path, name in POSTED:
        if name in known:
            router.add_api_route(
                f"/api/v1/rag/{path}",
                _posting(parts, name),
                methods=["POST"],
                tags=["rag"],
                summary=known[name].spec.title,
                operation_id=f"rag_{name}",
                responses=_FAILING,
                openapi_extra=body_of(name),
            )
    if "get_available_sources" in known:
        _add_sources(router, parts)

    @router.post(
        "/api/v1/rag/ingest",
        tags=["rag"],
        summary="Upload documents",
        status_code=201,
        responses=_FAILING,
        openapi_extra=UPLOAD_BODY,
    )
    async def ingest(request: Request) -> Received:
        return await receive_upload(request, parts)


def _posting(parts: Parts, name: str) -> Callable[[Request], Awaitable[Response]]:
    async def post(request: Request) -> Response:
        return JSONValue(await call_with_body(parts, request, name))

    return post


def _add_sources(router: APIRouter, parts: Parts) -> None:
    @router.get(
        "/api/v1/rag/sources",
        tags=["rag"],
        summary="List where your documents came from",
        responses=_FAILING,
    )
    async def get_sources(request: Request) -> Response:
        return JSONValue(await call_tool(parts, request, "get_available_sources"))
