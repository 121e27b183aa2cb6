"""Services asked over their sockets, all at once, with little patience."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from collections.abc import Sequence
from typing import Final, assert_never

import httpx2

from hearth_server.capabilities.stack.model import (
    Found,
    Itself,
    NotAsked,
    OverHTTP,
    OverTCP,
    State,
    Way,
)

PATIENCE_SECONDS: Final = 2.0
_OWN_FAULT: Final = 500
"""From this status on it is the service's own error; below, it answers, be it that it refuses."""


class SocketProber:
    """Asks by HTTP or by opening a connection; no proxy of the environment stands between."""

    def __init__(self, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience = patience_seconds

    async def probe(self, ways: Sequence[Way]) -> tuple[Found, ...]:
        """Ask all at once."""
        async with httpx2.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=self._patience,
            limits=httpx2.Limits(max_connections=None),
        ) as client:
            return tuple(await asyncio.gather(*(self._one(client, way) for way in ways)))

    async def _one(self, client: httpx2.AsyncClient, way: Way) -> Found:
        match way:
            case Itself():
                return Found(state=State.UP, detail="answers you")
            case NotAsked(reason=reason):
                return Found(state=State.UNKNOWN, detail=reason)
            case OverHTTP() | OverTCP():
                return await self._timed(client, way)
            case _:
                assert_never(way)

    async def _timed(self, client: httpx2.AsyncClient, way: OverHTTP | OverTCP) -> Found:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._patience):
                is_up, detail = (
                    await _over_http(client, way)
                    if isinstance(way, OverHTTP)
                    else await _over_tcp(way)
                )
        except (TimeoutError, httpx2.TimeoutException):
            is_up, detail = False, f"no answer within {self._patience:g} seconds"
        except (OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            is_up, detail = False, _why(error)
        return Found(
            state=State.UP if is_up else State.DOWN,
            detail=detail,
            milliseconds=round((time.monotonic() - began) * 1000),
        )


async def _over_http(client: httpx2.AsyncClient, way: OverHTTP) -> tuple[bool, str]:
    # The body is not read: it may be long, or never end.
    async with client.stream("GET", way.url) as answer:
        return answer.status_code < _OWN_FAULT, f"answers with {answer.status_code}"


async def _over_tcp(way: OverTCP) -> tuple[bool, str]:
    _reader, writer = await asyncio.open_connection(way.host, way.port)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True, "accepts connections"


def _why(error: BaseException) -> str:
    """Say why in general words: an address is nobody's business who asks."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        causes += cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
        cause = cause.__cause__ or cause.__context__
    if any(getattr(each, "errno", None) == errno.ECONNREFUSED for each in causes):
        return "refuses connections"
    if any(isinstance(each, socket.gaierror) for each in causes):
        return "its name is not known here"
    if isinstance(error, httpx2.RemoteProtocolError | httpx2.ReadError):
        return "breaks off without an answer"
    return "cannot be reached"
