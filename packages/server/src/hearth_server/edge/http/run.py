"""Serve the application: one process, a limit on headers, a shutdown that lets work finish."""

from __future__ import annotations

from asyncio import Event
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from hearth_server.edge.http.envelope import LONGEST_HEADERS

GRACE_SECONDS: Final = 10


class Server(uvicorn.Server):
    """uvicorn's server, which also tells open event streams that it stops."""

    def __init__(self, config: uvicorn.Config, *, stopping: Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the shutdown; streams see it and end, so that nothing is cut off."""
        super().handle_exit(sig, frame)
        self._stopping.set()


def build_server(app: ASGIApp, *, host: str, port: int, stopping: Event) -> Server:
    """Build the server; `serve()` runs it until it is told to stop.

    h11 is chosen for its limit on headers that do not end, which httptools has not; headers that
    proxies add about the client are not believed.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
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
