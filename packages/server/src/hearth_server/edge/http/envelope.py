"""What surrounds every request: an id, the headers that protect, one line of log, a last catch."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hearth_server.capabilities.identity.limits import Allowance
from hearth_server.edge.auth.gate import ALLOWANCE
from hearth_server.edge.errors import Problem, title_of
from hearth_server.edge.http.problem import respond, unexpected

_log: Final = logging.getLogger("hearth_server.access")

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Final[tuple[tuple[str, str], ...]] = (
    ("content-security-policy", CONTENT_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("cache-control", "no-store"),
)
"""Given to every response that does not set them itself."""

LONGEST_HEADERS: Final = 32 * 1024
"""Bytes of headers and address together; h11's own limit spares what arrives in one piece."""

QUIET_PATHS: Final = frozenset({"/health", "/health/ready"})
"""Probes ask every few seconds; their lines are only for a log at `debug`."""


class Envelope:
    """The outermost layer of the application, in plain ASGI so that streams stay streams."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._headers = HEADERS
        if is_https:
            self._headers = (*HEADERS, ("strict-transport-security", "max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0
        is_whole = False

        async def send_dressed(message: Message) -> None:
            nonlocal status, is_whole
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(message, request_id)
                _tell_limits(message, scope["state"].get(ALLOWANCE))
            is_whole = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        try:
            if header_size(scope) > LONGEST_HEADERS:
                await _refuse(scope, receive, send_dressed)
                return
            await self._app(scope, receive, send_dressed)
        except Exception:
            _log.exception("request broke", extra={"request_id": request_id})
            if status and not is_whole:
                # Half an answer is out: only a broken connection tells the client.
                raise
            if not status:
                await respond(unexpected(request_id))(scope, receive, send_dressed)
        finally:
            self._note(scope, status, started, request_id)

    def _dress(self, message: Message, request_id: str) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers:
            headers.setdefault(name, value)
        headers["x-request-id"] = request_id

    def _note(self, scope: Scope, status: int, started: float, request_id: str) -> None:
        level = logging.DEBUG if scope["path"] in QUIET_PATHS else logging.INFO
        if not _log.isEnabledFor(level):
            return
        # The path without its query: a sign-in link's secret stands in a query.
        _log.log(
            level,
            "request",
            extra={
                "request_id": request_id,
                "method": scope["method"],
                "path": scope["path"][:500],
                "status": status,
                "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                "client": scope["client"][0] if scope.get("client") else None,
            },
        )


def _tell_limits(message: Message, allowance: Allowance | None) -> None:
    """Say what is left of the caller's limits.

    Source: draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4.
    """
    if allowance is None:
        return
    limits = allowance.limits
    policies = []
    if limits.per_minute:
        policies.append(f'"minute";q={limits.per_minute};w=60')
    if limits.per_day:
        policies.append(f'"day";q={limits.per_day};w=86400')
    if policies:
        headers = MutableHeaders(scope=message)
        headers["ratelimit-policy"] = ", ".join(policies)
        name = "minute" if limits.per_minute else "day"
        headers["ratelimit"] = f'"{name}";r={allowance.remaining}'


def header_size(scope: Scope) -> int:
    """Count the bytes of a request's headers and address."""
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    return headers + len(scope.get("raw_path") or b"") + len(scope["query_string"])


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    problem = Problem(
        title=title_of(431),
        status=431,
        code="headers-too-large",
        message=f"request: expected at most {LONGEST_HEADERS} bytes of headers and address",
    )
    await respond(problem, {"connection": "close"})(scope, receive, send)
