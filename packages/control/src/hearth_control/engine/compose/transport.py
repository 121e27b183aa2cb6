"""HTTP/1.1 to an engine over a Unix socket or plain TCP: requests, whole answers and streams.

Small on purpose: `http.client` costs 20 ms to import, a sixth of what `hearth status` may take,
for a mail-header parser that the engine's answers do not need. Only framing is here; what the
answers mean is `api.py`'s.

Source: RFC 9112 (message framing: sections 6 and 7).
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from io import BufferedReader

from hearth_control.engine.compose.endpoint import Endpoint

MAX_HEADERS = 200
PIECE = 65536


class BadAnswerError(OSError):
    """The other side does not speak HTTP, or stopped in mid-sentence."""


class Response:
    """One answer: status, headers (lower-case names) and a body to be read once."""

    def __init__(
        self, *, status: int, headers: Mapping[str, str], reader: BufferedReader, has_body: bool
    ) -> None:
        self.status = status
        self.headers = headers
        self._reader = reader
        self._body = _framed(reader, headers) if has_body else iter(())

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection can be used again once the body was read."""
        framed = "content-length" in self.headers or "chunked" in self._encoding
        return self.headers.get("connection", "").lower() != "close" and framed

    @property
    def _encoding(self) -> str:
        return self.headers.get("transfer-encoding", "").lower()

    def pieces(self) -> Iterator[bytes]:
        """Give the body as it arrives."""
        return self._body

    def read(self) -> bytes:
        """Read the rest of the body."""
        return b"".join(self._body)


class Connection:
    """One connection to an engine. Not for several threads at once; `close` is."""

    def __init__(self, endpoint: Endpoint, *, timeout_seconds: float) -> None:
        self._socket = _dial(endpoint, timeout_seconds)
        self._reader = self._socket.makefile("rb")

    def send(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float | None = None,
    ) -> Response:
        """Send a request and read the answer's head. No time-out means to wait for ever.

        Raises:
            OSError: the connection broke or timed out.
        """
        self._socket.settimeout(timeout_seconds)
        fields = {"Host": "docker", "User-Agent": "hearth", **(headers or {})}
        if body is not None or method == "POST":
            fields["Content-Length"] = str(len(body or b""))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._socket.sendall(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + (body or b""))
        return self._read_head(method)

    def close(self) -> None:
        """End the connection, also under another thread that reads from it."""
        # Wakes the reader, so that closing what it reads from does not wait for it.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._reader.close()
            self._socket.close()

    def _read_head(self, method: str) -> Response:
        while True:
            status = _status(_line(self._reader))
            headers = _headers(self._reader)
            # 1xx answers announce the real one (RFC 9110 section 15.2).
            if status >= 200:
                break
        has_body = method != "HEAD" and status not in {204, 304}
        if not has_body:
            headers.setdefault("content-length", "0")
        return Response(status=status, headers=headers, reader=self._reader, has_body=has_body)


def _dial(endpoint: Endpoint, timeout_seconds: float) -> socket.socket:
    if not endpoint.path:
        return socket.create_connection((endpoint.host, endpoint.port), timeout=timeout_seconds)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_seconds)
        connection.connect(endpoint.path)
    except BaseException:
        connection.close()
        raise
    return connection


def _line(reader: BufferedReader) -> bytes:
    line = reader.readline(PIECE)
    if not line.endswith(b"\n"):
        message = "the connection ended within an answer"
        raise BadAnswerError(message)
    return line.rstrip(b"\r\n")


def _status(line: bytes) -> int:
    parts = line.split(None, 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not parts[1].isdigit():
        message = f"not an HTTP answer: {line[:80]!r}"
        raise BadAnswerError(message)
    return int(parts[1])


def _headers(reader: BufferedReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = _line(reader)
        if not line:
            return headers
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    message = f"more than {MAX_HEADERS} headers"
    raise BadAnswerError(message)


def _framed(reader: BufferedReader, headers: Mapping[str, str]) -> Iterator[bytes]:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _chunks(reader)
    length = headers.get("content-length", "")
    if length.isdecimal():
        return _counted(reader, int(length))
    return _until_end(reader)


def _chunks(reader: BufferedReader) -> Iterator[bytes]:
    while True:
        size_text = _line(reader).partition(b";")[0].strip()
        try:
            size = int(size_text, 16)
        except ValueError as error:
            message = f"not a chunk size: {size_text[:20]!r}"
            raise BadAnswerError(message) from error
        if size == 0:
            _headers(reader)
            return
        yield from _counted(reader, size)
        _line(reader)


def _counted(reader: BufferedReader, left: int) -> Iterator[bytes]:
    while left:
        piece = reader.read1(min(left, PIECE))
        if not piece:
            message = "the connection ended within a body"
            raise BadAnswerError(message)
        left -= len(piece)
        yield piece


def _until_end(reader: BufferedReader) -> Iterator[bytes]:
    while piece := reader.read1(PIECE):
        yield piece
