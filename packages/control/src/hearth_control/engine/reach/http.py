"""Asking an HTTP server: any answer counts but one that refuses the user or breaks.

Standard library only; see `said`.
"""

from __future__ import annotations

import base64
import http.client
import json
from urllib.parse import unquote, urlsplit

from hearth_control.engine.reach.said import Request, Said, secure_context

MOST_BYTES = 65_536
VERSION_KEYS = ("version", "server_version")


def ask_http(request: Request) -> Said:
    """Send one GET and read the answer."""
    return read_answer(*fetch(request, _path(request), _headers(request)))


def fetch(request: Request, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
    """Send one GET; give the status (0 where no HTTP came back), the server's name, the body."""
    connection = _connect(request)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read(MOST_BYTES)
    except http.client.HTTPException as error:
        return 0, type(error).__name__, b""
    finally:
        connection.close()
    return response.status, response.getheader("Server") or "", body


def read_answer(status: int, server: str, body: bytes) -> Said:
    """Judge an answer by its status; find the version in its body, else in its `Server` line.

    Example:
        >>> read_answer(200, "", b'{"version": "0.13.0"}').version
        '0.13.0'
    """
    if not status:
        return Said("speak", f"no HTTP answer: {server}")
    if status in (401, 403):
        return Said("auth", f"HTTP {status}")
    if status >= 500:
        return Said("speak", f"HTTP {status}")
    return Said("answers", f"HTTP {status}", _version(body) or server)


def _version(body: bytes) -> str:
    try:
        value = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(value, dict):
        return ""
    return next((value[key] for key in VERSION_KEYS if isinstance(value.get(key), str)), "")


def _connect(request: Request) -> http.client.HTTPConnection:
    if request.tls:
        return http.client.HTTPSConnection(
            request.host,
            request.port,
            timeout=request.seconds,
            context=secure_context(request),
        )
    return http.client.HTTPConnection(request.host, request.port, timeout=request.seconds)


def _path(request: Request) -> str:
    parts = urlsplit(request.url)
    return (parts.path or "/") + ("?" + parts.query if parts.query else "")


def _headers(request: Request) -> dict[str, str]:
    """Send a name and password as Basic, a key alone as a bearer token."""
    given = {"User-Agent": "hearth", "Accept": "*/*"}
    password = unquote(request.password)
    if request.user:
        pair = f"{unquote(request.user)}:{password}".encode()
        given["Authorization"] = "Basic " + base64.b64encode(pair).decode()
    elif password:
        given["Authorization"] = "Bearer " + password
    return given
