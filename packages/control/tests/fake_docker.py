"""A stand-in for dockerd: a real HTTP server on a real Unix socket, answers from a table.

It speaks the documented protocol (Docker Engine API v1.41: framing, status codes, JSON streams,
multiplexed output) and knows nothing of containers. It proves how the client talks and what it
makes of answers that a healthy engine never gives; `tests/e2e` proves the rest on a real engine.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from hearth_control.engine.compose.endpoint import Endpoint


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]


class Handler(BaseHTTPRequestHandler):
    """Looks the path up, without its version, and lets the route answer."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_DELETE = do_GET  # noqa: N815  # the standard library's names

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            body=body,
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        self.server.fake.asked.append(asked)
        bare = (
            parts.path if not parts.path.startswith("/v1.") else "/" + parts.path.split("/", 2)[2]
        )
        route = self.server.fake.routes.get(bare)
        if route is None:
            self.give(404, {"message": f"No such thing: {bare}"})
        else:
            route(self)

    def give(self, status: int, value: object, **headers: str) -> None:
        """Answer with JSON."""
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(data)

    def stream(self, *pieces: bytes) -> None:
        """Answer in chunks, as the engine does for what takes time."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.flush()

    def end_stream(self) -> None:
        """End a chunked answer."""
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Say nothing: what was asked is kept."""


Route = Callable[[Handler], None]


class Server(socketserver.ThreadingUnixStreamServer):
    """One server, its requests in daemon threads."""

    daemon_threads = True
    fake: FakeEngine


@dataclass(kw_only=True)
class FakeEngine:
    """The table of answers, and everything that was asked."""

    endpoint: Endpoint
    routes: dict[str, Route] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, value: object, *, status: int = 200, **headers: str) -> None:
        """Let a path answer with JSON."""
        self.routes[path] = lambda handler: handler.give(status, value, **headers)


@contextmanager
def fake_engine(folder: Path, *, api: str = "1.41") -> Iterator[FakeEngine]:
    """Serve on a socket in a folder."""
    path = folder / "d.sock"
    fake = FakeEngine(endpoint=Endpoint(path=str(path)))
    fake.answer("/_ping", "OK", Api_Version=api, Server="Docker/20.10.24+dfsg1 (linux)")
    with Server(str(path), Handler) as server:
        server.fake = fake
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield fake
        finally:
            fake.over.set()
            server.shutdown()
