"""Take a multipart form apart while it arrives; nothing is held but the piece at hand.

Source: RFC 7578. The parser bounds the headers of a part itself (8 of them, 4 KiB). Files are
handed on chunk by chunk, so a file of any size needs the memory of one chunk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from hearth_server.edge.errors import MalformedBodyError, MediaTypeError
from hearth_server.edge.http.body import too_large

MOST_PARTS: Final = 200
LONGEST_FIELD: Final = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One field of a form. A file has a `filename`, as the sender wrote it."""

    name: str
    filename: str | None
    content_type: str
    chunks: AsyncIterator[bytes]


async def read_text(part: Part) -> str:
    """Read a field that holds a short text.

    Raises:
        MalformedBodyError: it is longer than a field may be, or not UTF-8.
    """
    data = b""
    async for chunk in part.chunks:
        data += chunk
        if len(data) > LONGEST_FIELD:
            msg = f"field `{part.name[:100]}`: expected at most {LONGEST_FIELD} bytes"
            raise MalformedBodyError(msg)
    try:
        return data.decode()
    except UnicodeDecodeError as cause:
        msg = f"field `{part.name[:100]}`: expected UTF-8"
        raise MalformedBodyError(msg) from cause


class MultipartStream:
    """The parts of one request's body, in the order they arrive.

    Each part's chunks must be read before the next part is asked for; what is left is dropped.
    """

    def __init__(self, request: Request, *, limit: int) -> None:
        kind, options = parse_options_header(request.headers.get("content-type"))
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            msg = f"body: expected `multipart/form-data`, found `{kind.decode('latin-1')[:100]}`"
            raise MediaTypeError(msg)
        self._chunks = request.stream()
        self._limit = limit
        self._size = 0
        self._parts = 0
        self._events: deque[Part | bytes | None] = deque()
        self._is_complete = False
        self._header_name = b""
        self._header_value = b""
        self._headers: dict[bytes, bytes] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_end": self._on_end,
            },
        )

    async def parts(self) -> AsyncIterator[Part]:
        """Give part after part.

        Raises:
            MalformedBodyError: the body is no such form, or ends in the middle.
            BodyTooLargeError: it is larger than the limit.
        """
        while (event := await self._next()) is not None:
            if isinstance(event, Part):
                yield event
                async for _dropped in event.chunks:
                    pass

    async def _read_part(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._next(), bytes):
            if not event:
                return
            yield event

    async def _next(self) -> Part | bytes | None:
        while not self._events:
            if self._is_complete:
                return None
            await self._feed()
        return self._events.popleft()

    async def _feed(self) -> None:
        chunk = await anext(self._chunks, b"")
        if not chunk:
            msg = "body: the form ends in the middle"
            raise MalformedBodyError(msg)
        self._size += len(chunk)
        if self._size > self._limit:
            raise too_large(self._limit)
        try:
            self._parser.write(chunk)
        except FormParserError as cause:
            msg = "body: expected a well-formed `multipart/form-data`"
            raise MalformedBodyError(msg) from cause

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            msg = f"body: expected at most {MOST_PARTS} fields"
            raise MalformedBodyError(msg)
        self._headers = {}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        filename = options.get(b"filename")
        kind, _ = parse_options_header(self._headers.get(b"content-type"))
        part = Part(
            name=options.get(b"name", b"").decode(errors="replace"),
            filename=None if filename is None else _decoded(filename),
            content_type=kind.decode("latin-1").lower(),
            chunks=self._read_part(),
        )
        self._events.append(part)

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if end > start:
            self._events.append(data[start:end])

    def _on_part_end(self) -> None:
        self._events.append(b"")

    def _on_end(self) -> None:
        self._is_complete = True


def _decoded(filename: bytes) -> str:
    """Undo what browsers do to quotes and line ends in a file's name."""
    text = filename.decode(errors="replace")
    return text.replace("%22", '"').replace("%0D", " ").replace("%0A", " ")
