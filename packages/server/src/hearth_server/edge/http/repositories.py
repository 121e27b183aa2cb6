"""The archive of a repository out of a multipart form, as it arrives."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from hearth_server.capabilities.code.model import Repository
from hearth_server.capabilities.code.rules import LONGEST_NAME
from hearth_server.edge.errors import MalformedBodyError
from hearth_server.edge.http.body import check_length
from hearth_server.edge.http.multipart import MultipartStream
from hearth_server.edge.http.parts import Parts, ReceiveArchive
from hearth_server.edge.http.responses import problems
from hearth_server.edge.http.uploads import SLACK_BYTES, UPLOAD_BODY


def add_repositories(router: APIRouter, parts: Parts) -> None:
    """Add the route, where there is something that takes archives."""
    if (receive := parts.receive_archive) is None:
        return

    @router.post(
        "/api/v1/repositories",
        tags=["code"],
        summary="Upload the archive of a repository",
        status_code=201,
        responses=problems(400, 401, 403, 413, 415, 422, 503),
        openapi_extra=UPLOAD_BODY,
    )
    async def upload(
        request: Request,
        name: Annotated[
            str, Query(max_length=LONGEST_NAME, description="what to call it; its file's name")
        ] = "",
    ) -> Repository:
        return await _receive(request, parts, receive, name)


async def _receive(
    request: Request, parts: Parts, receive: ReceiveArchive, name: str
) -> Repository:
    caller = await parts.gate.require(request)
    await parts.registry.enter(caller, "upload_repository", scope="knowledge:write", group="code")
    limit = parts.upload_limit + SLACK_BYTES
    check_length(request, limit=limit)
    async for part in MultipartStream(request, limit=limit).parts():
        if part.filename:
            return await receive(caller, part.filename, name, part.chunks)
    msg = "body: expected an archive in the field `files`"
    raise MalformedBodyError(msg)
