"""The port `Fetcher` over HTTP: redirects one by one, robots.txt, limits of size and time.

Source: RFC 9110 (redirects, section 15.4), RFC 9309 (robots.txt, section 2.3.1).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx2
from protego import Protego

from hearth_server.adapters.web.public import PublicTransport
from hearth_server.capabilities.knowledge.errors import (
    BadAddressError,
    PageDownError,
    PageRefusedError,
)
from hearth_server.capabilities.knowledge.links import checked_address, joined
from hearth_server.capabilities.knowledge.web import Fetched

AGENT: Final = "Hearth"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS: Final = 5
_MAX_ROBOTS: Final = 512 * 1024
_MAX_DELAY: Final = 10.0
_ORIGINS_KEPT: Final = 100


class WebFetcher:
    """Asks for pages; a redirect is judged like the address that somebody typed."""

    def __init__(
        self,
        transport: PublicTransport | None = None,
        *,
        timeout_seconds: float = 30.0,
        whole_seconds: float = 300.0,
    ) -> None:
        self._whole = whole_seconds
        self._transport = transport or PublicTransport()
        self._client = httpx2.AsyncClient(
            transport=self._transport,
            timeout=timeout_seconds,
            trust_env=False,
            follow_redirects=False,
            headers={"user-agent": f"{AGENT}/1 (a person's own knowledge base)"},
        )
        self._robots: dict[str, Protego] = {}

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @asynccontextmanager
    async def open(self, address: str) -> AsyncIterator[Fetched]:
        """Ask for a page; its bytes come while it is open."""
        url = checked_address(address)
        try:
            async with asyncio.timeout(self._whole):
                for _ in range(_MAX_REDIRECTS + 1):
                    async with self._client.stream("GET", url) as response:
                        if response.status_code not in _REDIRECTS:
                            _check(response, url)
                            yield _fetched(response, url)
                            return
                        url = _target(response, url)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            raise PageDownError(f"address `{url}`: does not answer") from error
        raise PageRefusedError(f"address `{address}`: leads from one address to the next for ever")

    async def judge(self, address: str) -> str:
        """Judge an address as asking for it would, its first host that is; give it cleaned."""
        url = checked_address(address)
        parts = urlsplit(url)
        await self._transport.judge(str(parts.hostname), parts.port or 443)
        return url

    async def may_follow(self, address: str) -> bool:
        """Tell whether the site lets programs ask for this page."""
        return bool((await self._rules(address)).can_fetch(address, AGENT))

    async def delay(self, address: str) -> float:
        """Give the seconds that the site wants between two requests; at most ten."""
        return min(float((await self._rules(address)).crawl_delay(AGENT) or 0.0), _MAX_DELAY)

    async def _rules(self, address: str) -> Protego:
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            if len(self._robots) >= _ORIGINS_KEPT:
                self._robots.clear()
            self._robots[origin] = Protego.parse(await self._ask_rules(f"{origin}/robots.txt"))
        return self._robots[origin]

    async def _ask_rules(self, address: str) -> str:
        data = bytearray()
        try:
            async with self.open(address) as page:
                async for chunk in page.chunks:
                    data += chunk
                    if len(data) > _MAX_ROBOTS:
                        break
        except PageRefusedError:
            return ""
        except PageDownError:
            # RFC 9309, section 2.3.1.4: while nobody can say, everything is forbidden.
            return "User-agent: *\nDisallow: /\n"
        return data[:_MAX_ROBOTS].decode("utf-8", "replace")


def _check(response: httpx2.Response, url: str) -> None:
    status = response.status_code
    if status == 429 or status >= 500:
        raise PageDownError(f"address `{url}`: its server is busy or broken (status {status})")
    if status != httpx2.codes.OK:
        raise PageRefusedError(f"address `{url}`: refused with status {status}")


def _target(response: httpx2.Response, url: str) -> str:
    location = response.headers.get("location", "")
    if not location:
        raise PageRefusedError(f"address `{url}`: leads elsewhere and does not say where")
    target = joined(url, location)
    if urlsplit(url).scheme == "https" and urlsplit(target).scheme == "http":
        raise BadAddressError(f"address `{url}`: leads to one without encryption")
    return target


def _fetched(response: httpx2.Response, url: str) -> Fetched:
    declared = response.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    return Fetched(url=url, media_type=declared, chunks=response.aiter_bytes(64 * 1024))
