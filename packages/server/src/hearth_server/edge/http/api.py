"""The REST routes under `/api`."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from hearth_server.edge.http.answers import add_answers
from hearth_server.edge.http.calls import call_with_body
from hearth_server.edge.http.data import add_data
from hearth_server.edge.http.events import event_stream
from hearth_server.edge.http.identity import add_identity
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.http.rag import add_rag
from hearth_server.edge.http.repositories import add_repositories
from hearth_server.edge.http.responses import JSONValue, original_response, problems
from hearth_server.edge.http.stack import add_stack
from hearth_server.edge.http.uploads import UPLOAD_BODY, Received, receive_upload

TOOL_PATH: Final = "/api/v1/tools/{name}"


def api_routes(parts: Parts) -> APIRouter:
    """Make the routes; each asks the gate who is calling before anything else."""
    router = APIRouter()
    add_identity(router, parts)
    _add_tools(router, parts)
    _add_documents(router, parts)
    add_answers(router, parts)
    add_data(router, parts)
    add_rag(router, parts)
    add_repositories(router, parts)
    add_stack(router, parts)
    return router


def _add_tools(router: APIRouter, parts: Parts) -> None:
    # Described tool by tool in `openapi`, where each one's own schemas stand.
    @router.post(TOOL_PATH, include_in_schema=False)
    async def call_tool(request: Request, name: str) -> Response:
        return JSONValue(await call_with_body(parts, request, name))


def _add_documents(router: APIRouter, parts: Parts) -> None:
    @router.post(
        "/api/v1/documents",
        tags=["knowledge"],
        summary="Upload documents",
        status_code=201,
        responses=problems(400, 401, 403, 413, 415, 422, 503),
        openapi_extra=UPLOAD_BODY,
    )
    async def upload(request: Request) -> Received:
        return await receive_upload(request, parts)

    @router.get(
        "/api/v1/documents/events",
        tags=["knowledge"],
        summary="Follow the progress of your documents",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}, **problems(401, 403, 503)},
    )
    async def follow(request: Request) -> Response:
        caller = await parts.gate.require(request)
        await parts.registry.enter(
            caller, "follow_documents", scope="knowledge:read", group="knowledge"
        )
        stream = event_stream(parts.files.watch(caller), parts.stopping)
        return StreamingResponse(
            stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    @router.get(
        "/api/v1/documents/{document_id}/original",
        tags=["knowledge"],
        summary="Get a document as it was put in",
        response_class=StreamingResponse,
        responses={200: {"content": {"*/*": {}}}, **problems(401, 403, 404, 422, 503)},
    )
    async def get_original(request: Request, document_id: UUID) -> Response:
        caller = await parts.gate.require(request)
        await parts.registry.enter(
            caller, "get_original", scope="knowledge:read", group="knowledge"
        )
        document, chunks = await parts.files.original(caller, document_id)
        return await original_response(document, chunks)
