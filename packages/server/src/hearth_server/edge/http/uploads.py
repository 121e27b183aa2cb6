"""Files out of a multipart form into documents, one after the other, as they arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from hearth_kit.errors import HearthError
from pydantic import BaseModel, Field
from starlette.requests import Request

from hearth_server.capabilities.knowledge.model import Document
from hearth_server.edge.auth.gate import CSRF_FIELD
from hearth_server.edge.errors import MalformedBodyError, Problem, problem_of
from hearth_server.edge.http.body import check_length, too_large
from hearth_server.edge.http.multipart import MultipartStream, Part, read_text
from hearth_server.edge.http.parts import Parts
from hearth_server.principal import Principal

SLACK_BYTES = 1024 * 1024
"""What a form may weigh beyond its files."""

UPLOAD_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "items": {
                                "type": "string",
                                "contentMediaType": "application/octet-stream",
                            },
                        }
                    },
                    "required": ["files"],
                }
            }
        },
    }
}


class Refused(BaseModel):
    """A file that was not taken in."""

    filename: str
    problem: Problem


class Received(BaseModel):
    """What became of the files of one form."""

    documents: list[Document] = Field(description="the files that were taken in, in their order")
    refused: list[Refused] = Field(default_factory=list, description="the files that were not")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form as it arrives: whose it is, and whether its first field must prove that."""

    caller: Principal
    is_page: bool


async def receive_upload(request: Request, parts: Parts) -> Received:
    """Take in the files of a program's form, as `receive_files` does.

    Raises:
        HearthError: nobody is proven, the caller may not, or as `receive_files` raises.
    """
    caller = await parts.gate.require(request)
    await parts.registry.enter(
        caller, "upload_documents", scope="knowledge:write", group="knowledge"
    )
    return await receive_files(request, parts, Form(caller=caller, is_page=False))


async def receive_files(request: Request, parts: Parts, form: Form) -> Received:
    """Take in each file of a form; one that is refused does not stop the others.

    Raises:
        HearthError: every file was refused; the first one's reason.
        MalformedBodyError: there is no file in it, or it ends in the middle.
        ForgedRequestError: a page's form without its proof.
    """
    limit = parts.upload_limit + SLACK_BYTES
    check_length(request, limit=limit)
    stream = MultipartStream(request, limit=limit)
    documents: list[Document] = []
    failures: list[tuple[str, HearthError]] = []
    is_proved = not form.is_page
    async for part in stream.parts():
        if part.filename is None:
            if part.name == CSRF_FIELD and not is_proved:
                parts.gate.check_form(request, await read_text(part))
                is_proved = True
            continue
        if not is_proved:
            parts.gate.check_form(request, "")
        if not part.filename:
            continue
        try:
            documents.append(await _receive(part, part.filename, parts, form.caller))
        except HearthError as error:
            if isinstance(error, MalformedBodyError):
                raise
            failures.append((part.filename, error))
    return _answer(documents, failures)


def _answer(documents: list[Document], failures: list[tuple[str, HearthError]]) -> Received:
    if not documents and failures:
        raise failures[0][1]
    if not documents:
        msg = "body: expected a file in the field `files`"
        raise MalformedBodyError(msg)
    refused = [Refused(filename=name, problem=problem_of(error)) for name, error in failures]
    return Received(documents=documents, refused=refused)


async def _receive(part: Part, filename: str, parts: Parts, caller: Principal) -> Document:
    chunks = _limited(part.chunks, parts.upload_limit)
    return await parts.files.receive(
        caller, filename, content_type=part.content_type, chunks=chunks
    )


async def _limited(chunks: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        yield chunk
