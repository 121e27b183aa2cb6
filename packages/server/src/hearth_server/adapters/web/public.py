"""A way out that reaches the open internet only, decided by the address that is really asked.

A name is resolved here, every address that it has is judged, and the connection goes to one of the
addresses that were judged: a name that means something else a moment later changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import httpx2

from hearth_server.capabilities.knowledge.errors import BadAddressError, PageDownError
from hearth_server.capabilities.knowledge.links import is_public

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
_TRIED: Final = 3


async def resolve(host: str, port: int) -> Sequence[str]:
    """Give the addresses of a name as the system knows them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class PublicTransport(httpx2.AsyncBaseTransport):
    """Connects to judged addresses; certificates are still held against the name."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        is_allowed: Callable[[str], bool] = is_public,
        inner: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._resolve = resolve
        self._is_allowed = is_allowed
        # A connection kept for later would be found by its number, and serve another name.
        limits = httpx2.Limits(max_connections=20, max_keepalive_connections=0)
        self._inner = inner or httpx2.AsyncHTTPTransport(trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request to the first judged address that takes it.

        Raises:
            BadAddressError: the name means an address that is not of the open internet.
            PageDownError: the name has no address.
        """
        host = request.url.host
        addresses = await self._addresses(host, request.url.port or 443)
        extensions = {**request.extensions, "sni_hostname": host}
        for number, address in enumerate(addresses, start=1):
            pinned = httpx2.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                extensions=extensions,
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except httpx2.ConnectError:
                if number == len(addresses):
                    raise
        raise PageDownError(f"address `{host}`: there is no such host")

    async def judge(self, host: str, port: int) -> None:
        """Judge what a name means now. Raises as asking it would."""
        await self._addresses(host, port)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = list(dict.fromkeys(await self._resolve(host, port)))
        except (OSError, UnicodeError) as error:
            raise PageDownError(f"address `{host}`: there is no such host") from error
        # One private address among public ones is how a name is made to pass: none is asked.
        if not all(self._is_allowed(each) for each in found):
            msg = f"address `{host}`: is in a private network; only the open internet is asked"
            raise BadAddressError(msg)
        return found[:_TRIED]
