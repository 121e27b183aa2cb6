"""Serve the application: one process, a limit on headers, a shutdown that lets work finish."""

from __future__ import annotations

import socket
from asyncio import Event
from types import FrameType
from typing import Final

import uvicorn
from hearth_kit.errors import ConflictError
from starlette.types import ASGIApp

from hearth_server.edge.http.envelope import LONGEST_HEADERS

GRACE_SECONDS: Final = 10


class ListenError(ConflictError):
    """The address cannot be listened on."""

    code = "cannot-listen"


class Server(uvicorn.Server):
    """uvicorn's server, which also tells open event streams that it stops."""

    def __init__(self, config: uvicorn.Config, *, stopping: Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the shutdown; streams see it and end, so that nothing is cut off."""
        super().handle_exit(sig, frame)
        self._stopping.set()


def listen(host: str, port: int) -> socket.socket:
    """Take the address, before anything else is begun.

    Raises:
        ListenError: it is taken, is not this machine's, or may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        address = socket.create_server((host, port), family=family, backlog=2048)
        # Connections inherit it. Without, an answer's second piece waits 40 ms for the first's ACK.
        address.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as cause:
        msg = f"{host}:{port}: cannot be listened on"
        raise ListenError(msg, hint=f"ss --listening --tcp --processes sport = :{port}") from cause
    return address


def build_server(app: ASGIApp, *, stopping: Event) -> Server:
    """Build the server; `serve(sockets=…)` runs it until it is told to stop.

    h11 is chosen for its limit on headers that do not end, which httptools has not; headers that
    proxies add about the client are not believed.
    """
    config = uvicorn.Config(
        app,
        http="h11",
        h11_max_incomplete_event_size=LONGEST_HEADERS,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return Server(config, stopping=stopping)
