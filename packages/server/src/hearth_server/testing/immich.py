"""A stand-in for Immich: the part of its API that makes accounts, on a socket of this machine.

No real Immich has been met by these tests. Source: https://api.immich.app (read 2026-11).
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

KEY: Final = "an-administrators-key"


@dataclass(slots=True)
class Immich:
    """What it holds; `raced` are there once somebody makes one, `fault` is what it says instead."""

    url: str = ""
    users: list[dict[str, Any]] = field(default_factory=list)
    raced: list[dict[str, Any]] = field(default_factory=list)
    made: list[dict[str, Any]] = field(default_factory=list)
    fault: tuple[int, bytes] | None = None

    def list_users(self) -> tuple[int, Any]:
        """Answer `GET /api/admin/users`."""
        return 200, self.users

    def create_user(self, body: dict[str, Any]) -> tuple[int, Any]:
        """Answer `POST /api/admin/users`."""
        self.users += self.raced
        if {"email", "name", "password"} - set(body):
            return 400, {"message": ["email must be an email"], "statusCode": 400}
        if any(each["email"] == body["email"] for each in self.users):
            return 400, {"message": "User exists", "statusCode": 400}
        self.made.append(body)
        user = {"id": str(uuid.uuid4()), "email": body["email"], "isAdmin": False}
        self.users.append(user)
        return 201, user


@contextmanager
def running_immich() -> Iterator[Immich]:
    """Run it; it believes whoever shows `KEY`."""
    made = Immich()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(made.list_users)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.answer(lambda: made.create_user(body))

        def answer(self, act: Callable[[], tuple[int, Any]]) -> None:
            if self.path.partition("?")[0] != "/api/admin/users":
                status, data = 404, b"{}"
            elif self.headers.get("x-api-key") != KEY:
                status, data = 401, b'{"message": "Invalid API key"}'
            elif made.fault:
                status, data = made.fault
            else:
                status, value = act()
                data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
