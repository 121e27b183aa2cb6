"""The probe of a server, over a real socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hearth_server.readiness import find_fault

pytestmark = pytest.mark.integration


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/ready" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


DOWN = {
    "status": "not-ready",
    "dependencies": [
        {"name": "postgres", "status": "down"},
        {"name": "embedder", "status": "ready"},
        {"name": "objects", "status": "down"},
    ],
}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"{}", None),
        (503, json.dumps(DOWN).encode(), "not ready: postgres, objects"),
        (503, b"<html>", "not ready"),
        (404, b"[]", "not ready"),
    ],
    ids=["ready", "names-what-is-down", "not-json", "other-server"],
)
def test_fault_is_named(status: int, body: bytes, expected: str | None) -> None:
    with answering(status, body) as port:
        assert find_fault("0.0.0.0", port) == expected


def test_silence_is_told() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert find_fault("127.0.0.1", closed.getsockname()[1]) == "nothing answers yet"


def test_slow_answer_is_told() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        assert find_fault("127.0.0.1", port, timeout_seconds=0.1) == "no answer within 0.1 seconds"
