"""How routes declare their errors, and answers that stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import StreamingResponse

from hearth_server.capabilities.knowledge.model import Document
from hearth_server.edge.errors import PROBLEM_TYPE, Problem, title_of

INLINE_TYPES: Final = frozenset({"application/pdf", "text/plain", "text/markdown"})
"""What a browser may show by itself; all else is saved, so that no uploaded page runs as ours."""

_SANDBOX: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare that a route answers these statuses with a problem document."""
    reference = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {"description": title_of(status), "content": {PROBLEM_TYPE: {"schema": reference}}}
        for status in statuses
    }


def original_response(document: Document, chunks: AsyncIterator[bytes]) -> StreamingResponse:
    """Send what a person put in, in a way that cannot act in their name."""
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
    if document.media_type != "application/pdf":
        headers["content-security-policy"] = _SANDBOX
    return StreamingResponse(chunks, media_type=shown, headers=headers)
