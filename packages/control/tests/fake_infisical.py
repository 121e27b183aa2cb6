"""A server that speaks as much of Infisical's HTTP API as Hearth asks, over a real socket.

It stands in for Infisical itself, which cannot run here; paths, fields and status codes are those
of https://infisical.com/docs/api-reference (universal-auth/login, secrets v4, read 2026-11).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

CLIENT_ID, CLIENT_SECRET, TOKEN = "id-of-a-machine", "secret-of-a-machine", "token-for-an-hour"
PROJECT = "3c90c3cc-0d44-4b50-8888-8dd25736052a"


@dataclass(slots=True, kw_only=True)
class FakeInfisical:
    """What it holds and how it misbehaves; `asked` is every request's method and path."""

    secrets: dict[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    status: int = 0
    """Answer everything with this status, if it is not 0."""
    body: bytes = b"{}"
    seconds: float = 0.0
    """Wait so long before each answer."""
    has_v4: bool = True
    address: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, method: str, target: str, headers: Any, body: dict[str, Any]) -> Any:
        """Give status and document."""
        if self.status:
            return self.status, self.body
        return self._answer(method, target, headers, body)

    def _answer(self, method: str, target: str, headers: Any, body: dict[str, Any]) -> Any:  # noqa: PLR0911  # one a refusal
        url = urlsplit(target)
        if url.path == "/api/v1/auth/universal-auth/login":
            if (body.get("clientId"), body.get("clientSecret")) != (CLIENT_ID, CLIENT_SECRET):
                return 401, {"statusCode": 401, "message": "Invalid credentials"}
            return 200, {"accessToken": TOKEN, "expiresIn": 3600, "tokenType": "Bearer"}
        base, project = ("/api/v4/secrets", "projectId")
        if not self.has_v4:
            base, project = ("/api/v3/secrets/raw", "workspaceId")
        if not url.path.startswith(base):
            return 404, {"statusCode": 404, "message": f"Route {method}:{url.path} not found"}
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"statusCode": 401, "message": "Token missing"}
        where = {name: one[0] for name, one in parse_qs(url.query).items()} | body
        if where.get(project) != PROJECT:
            return 403, {"statusCode": 403, "message": "You are not a member of this project"}
        if (where.get("environment"), where.get("secretPath")) != ("prod", "/hearth"):
            return 404, {"statusCode": 404, "message": "Folder with path not found"}
        return self._secrets(method, unquote(url.path.removeprefix(base).lstrip("/")), where)

    def _secrets(self, method: str, name: str, where: dict[str, Any]) -> Any:
        if method == "GET":
            found = [
                {"secretKey": key, "secretValue": value, "secretValueHidden": key in self.hidden}
                for key, value in self.secrets.items()
            ]
            return 200, {"secrets": found, "imports": []}
        if (method == "POST") == (name in self.secrets):
            return 400, {"statusCode": 400, "message": f"Secret {name}: exists or does not"}
        self.secrets[name] = where["secretValue"]
        return 200, {"secret": {"secretKey": name}}


@contextmanager
def fake_infisical(**how: Any) -> Iterator[FakeInfisical]:
    """Run one until the block ends."""
    fake = FakeInfisical(**how)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    server.daemon_threads = True
    fake.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(fake: FakeInfisical) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fake.asked.append((self.command, self.path))
            time.sleep(fake.seconds)
            given = json.loads(body) if body else {}
            status, document = fake.answer(self.command, self.path, self.headers, given)
            data = document if isinstance(document, bytes) else json.dumps(document).encode()
            with suppress(ConnectionError):  # whoever asked gave up
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _do  # noqa: N815  # the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
            """Say nothing."""

    return Handler
