"""Serve the application: one process, a limit on headers, a shutdown that lets work finish."""

from __future__ import annotations

import gc
import logging
import socket
from asyncio import Event, get_running_loop
from types import FrameType
from typing import Final

import uvicorn
from hearth_kit.errors import ConflictError
from starlette.types import ASGIApp

from hearth_server.edge.http.envelope import LONGEST_HEADERS
from hearth_server.edge.http.patience import (
    HEAD_SECONDS,
    SILENCE_SECONDS,
    PatientProtocol,
    close_late,
)

GRACE_SECONDS: Final = 10
TICKS_BETWEEN_LOOKS: Final = 5
TICKS_TO_SETTLE: Final = 100
"""By then the first requests have made what is made when it is first needed."""

_log: Final = logging.getLogger(__name__)


class ListenError(ConflictError):
    """The address cannot be listened on."""

    code = "cannot-listen"


class Server(uvicorn.Server):
    """uvicorn's server, which tells open event streams that it stops, and waits for nobody long."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        stopping: Event,
        head_seconds: float = HEAD_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._head_seconds = head_seconds
        self._silence_seconds = silence_seconds
        self._is_settled = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        # What is there now stays. Left out of every later collection, these take milliseconds; with
        # it the longest held up every request for a seventh of a second.
        gc.collect()
        gc.freeze()

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections now and then; called ten times a second."""
        if counter >= TICKS_TO_SETTLE and not self._is_settled:
            gc.freeze()
            self._is_settled = True
        if counter % TICKS_BETWEEN_LOOKS == 0:
            late = close_late(
                self.server_state.connections,
                get_running_loop().time(),
                head_seconds=self._head_seconds,
                silence_seconds=self._silence_seconds,
            )
            if late:
                _log.info("closed connections whose requests did not come", extra={"count": late})
        return await super().on_tick(counter)

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
        http=PatientProtocol,
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
