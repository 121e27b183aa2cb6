"""`/api/v1/rag`: the knowledge tools under the addresses that programs of its kind expect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter, Request, Response

from hearth_server.edge.http.body import read_object
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.http.responses import JSONValue, problems
from hearth_server.edge.http.uploads import UPLOAD_BODY, Form, Received, receive_files

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
            schema = {"$ref": f"#/components/schemas/{known[name].arguments.__name__}"}
            router.add_api_route(
                f"/api/v1/rag/{path}",
                _posting(parts, name),
                methods=["POST"],
                tags=["rag"],
                summary=known[name].spec.title,
                operation_id=f"rag_{name}",
                responses=_FAILING,
                openapi_extra={
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": schema}},
                    }
                },
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
        caller = await parts.gate.require(request)
        await parts.registry.enter(
            caller, "upload_documents", scope="knowledge:write", group="knowledge"
        )
        return await receive_files(request, parts, Form(caller=caller, is_page=False))


def _posting(parts: Parts, name: str) -> Callable[[Request], Awaitable[Response]]:
    async def post(request: Request) -> Response:
        caller = await parts.gate.require(request)
        parts.registry.get_tool(caller, name)
        arguments = await read_object(request)
        return JSONValue(await parts.registry.call(caller, name, arguments))

    return post


def _add_sources(router: APIRouter, parts: Parts) -> None:
    @router.get(
        "/api/v1/rag/sources",
        tags=["rag"],
        summary="List where your documents came from",
        responses=_FAILING,
    )
    async def get_sources(request: Request) -> Response:
        caller = await parts.gate.require(request)
        return JSONValue(await parts.registry.call(caller, "get_available_sources", {}))
