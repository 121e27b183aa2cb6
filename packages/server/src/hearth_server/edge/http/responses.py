"""How routes declare their errors, and answers that stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import quote

from pydantic_core import to_json
from starlette.responses import Response, StreamingResponse

from hearth_server.capabilities.knowledge.model import Document
from hearth_server.edge.errors import PROBLEM_TYPE, Problem, title_of

INLINE_TYPES: Final = frozenset({"application/pdf", "text/plain", "text/markdown"})
"""What a browser may show by itself; all else is saved, so that no uploaded page runs as ours."""

_SANDBOX: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"
_VIEWER: Final = (
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)
"""A browser's own viewer of PDF is a plug-in in a page that the browser makes around it."""


class JSONValue(Response):
    """JSON that has been checked already."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Write the value."""
        return to_json(content)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare that a route answers these statuses with a problem document."""
    reference = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {"description": title_of(status), "content": {PROBLEM_TYPE: {"schema": reference}}}
        for status in statuses
    }


async def original_response(document: Document, chunks: AsyncIterator[bytes]) -> StreamingResponse:
    """Send what a person put in, in a way that cannot act in their name.

    The first chunk is read before the answer begins, so that a store that is down is told by a
    status and not by a broken connection.
    """
    first = await anext(chunks, b"")
    is_inline = document.media_type in INLINE_TYPES
    is_text = document.media_type.startswith("text/")
    # Plain text, whatever it is made of: a Markdown file is read, not run.
    shown = "text/plain; charset=utf-8" if is_inline and is_text else document.media_type
    disposition = "inline" if is_inline else "attachment"
    name = quote(document.source.replace("\\", "/").rpartition("/")[2] or "document", safe="")
    headers = {
        "content-disposition": f"{disposition}; filename*=UTF-8''{name}",
        "content-length": str(document.size_bytes),
        "cache-control": "private, no-store",
    }
    is_pdf = document.media_type == "application/pdf"
    headers["content-security-policy"] = _VIEWER if is_pdf else _SANDBOX
    return StreamingResponse(_chain(first, chunks), media_type=shown, headers=headers)


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
