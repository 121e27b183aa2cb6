"""Following a site page by page; what was done is kept, so that a killed worker goes on there.

The document that stands for the site ends as the list of its pages.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Final

from hearth_kit.errors import InvalidError

from hearth_server.capabilities.knowledge.errors import (
    BadAddressError,
    PageDownError,
    PageRefusedError,
)
from hearth_server.capabilities.knowledge.links import is_same_site, links_of
from hearth_server.capabilities.knowledge.ports import Converted, Objects, Run
from hearth_server.capabilities.knowledge.split import Block, BlockKind
from hearth_server.capabilities.knowledge.uploads import Uploads
from hearth_server.capabilities.knowledge.web import Fetched, Fetcher, Site, receive_page

_LOG: Final = logging.getLogger(__name__)
_PAUSE: Final = 0.5
"""Seconds between two requests where a site wishes for nothing else."""
_MAX_READ: Final = 2 * 1024 * 1024
"""Bytes of a page in which links are looked for."""
_MAX_WAITING: Final = 5_000
_ASKED_A_PAGE: Final = 3

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class _Trail:
    """How far a site is followed; plain values, as it is kept as JSON."""

    waiting: list[tuple[str, int]]
    """Address, and links away from the first page."""
    seen: list[str]
    taken: list[tuple[str, str]] = field(default_factory=list)
    """Address and title of each page that became a document."""
    asked: int = 0


class SiteFollower:
    """Takes the pages of a site in, a few requests a second at most."""

    def __init__(
        self, fetcher: Fetcher, uploads: Uploads, objects: Objects, *, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._fetcher = fetcher
        self._uploads = uploads
        self._objects = objects
        self._sleep = sleep

    async def follow(self, run: Run, site: Site) -> AsyncIterator[Converted]:
        """Give an empty part after each page, and the list of all pages at the end.

        Raises:
            BadAddressError, PageRefusedError, PageDownError: of the first page.
        """
        key = f"user-{run.owner}/sites/{run.document_id}"
        trail = await self._load(key) or _Trail(waiting=[(site.url, 0)], seen=[site.url])
        while trail.waiting and len(trail.taken) < site.pages:
            if trail.asked >= site.pages * _ASKED_A_PAGE:
                break
            await self._step(run, site, trail)
            await self._objects.put(key, _once(json.dumps(asdict(trail)).encode()))
            total = min(site.pages, len(trail.taken) + len(trail.waiting))
            yield Converted(blocks=(), done=len(trail.taken), total=total)
            if trail.waiting and len(trail.taken) < site.pages:
                await self._sleep(await self._pause(site))
        if not trail.taken:
            raise PageRefusedError(f"site `{site.url}`: its robots.txt lets no page be taken")
        yield Converted(
            blocks=tuple(_blocks(site, trail)), done=len(trail.taken), total=len(trail.taken)
        )
        await self._objects.delete(key)

    async def _step(self, run: Run, site: Site, trail: _Trail) -> None:
        url, depth = trail.waiting[0]
        try:
            found = await self._take(run, site, url, trail)
        except (PageRefusedError, BadAddressError, PageDownError) as error:
            if trail.asked == 0:
                # A site whose first page cannot be had is a wrong address, or down.
                raise
            _LOG.info("site %s: %s", site.url, error)
            found = []
        except InvalidError as error:
            _LOG.info("site %s: %s", site.url, error)
            found = []
        trail.waiting.pop(0)
        trail.asked += 1
        if depth >= site.depth:
            return
        known = set(trail.seen)
        for link in found:
            is_new = link not in known and is_same_site(link, site.url)
            if is_new and len(trail.waiting) < _MAX_WAITING:
                known.add(link)
                trail.seen.append(link)
                trail.waiting.append((link, depth + 1))

    async def _take(self, run: Run, site: Site, url: str, trail: _Trail) -> list[str]:
        if not await self._fetcher.may_follow(url):
            return []
        async with self._fetcher.open(url) as page:
            if not is_same_site(page.url, site.url):
                return []
            if page.url not in trail.seen:
                trail.seen.append(page.url)
            read = bytearray()
            watched = Fetched(
                url=page.url, media_type=page.media_type, chunks=_keep(page.chunks, read)
            )
            document = await receive_page(self._uploads, run.owner, watched, tags=site.tags)
        trail.taken.append((page.url, document.title))
        is_html = document.media_type == "text/html"
        return links_of(read.decode("utf-8", "replace"), page.url) if is_html else []

    async def _pause(self, site: Site) -> float:
        try:
            return max(_PAUSE, await self._fetcher.delay(site.url))
        except (PageDownError, BadAddressError):
            return _PAUSE

    async def _load(self, key: str) -> _Trail | None:
        folder = key.rsplit("/", 1)[0] + "/"
        if key not in await self._objects.list_keys(folder):
            return None
        values = json.loads(b"".join([chunk async for chunk in self._objects.read(key)]))
        return _Trail(
            waiting=[(url, depth) for url, depth in values["waiting"]],
            seen=values["seen"],
            taken=[(url, title) for url, title in values["taken"]],
            asked=values["asked"],
        )


def _blocks(site: Site, trail: _Trail) -> list[Block]:
    pages = (Block(text=f"{title}\n{url}") for url, title in trail.taken)
    return [Block(text=site.url, kind=BlockKind.HEADING, level=1), *pages]


async def _keep(chunks: AsyncIterator[bytes], read: bytearray) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        if len(read) < _MAX_READ:
            read += chunk
        yield chunk


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
