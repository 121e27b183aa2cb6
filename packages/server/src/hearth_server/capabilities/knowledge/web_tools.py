"""The tools that take pages of the web in: one at once, or a whole site as a job."""

from __future__ import annotations

from typing import Final

from hearth_server.capabilities.knowledge.errors import BadLabelError
from hearth_server.capabilities.knowledge.model import Document, Status
from hearth_server.capabilities.knowledge.ports import Documents
from hearth_server.capabilities.knowledge.rules import clean_tags
from hearth_server.capabilities.knowledge.uploads import Uploads
from hearth_server.capabilities.knowledge.web import SITE, Fetcher, Site, receive_page
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

GROUP: Final = "knowledge"
WRITE: Final = "knowledge:write"
MAX_PAGES: Final = 500
MAX_DEPTH: Final = 10


class WebTools:
    """The tools that take pages in. The owner is always the caller."""

    def __init__(self, documents: Documents, uploads: Uploads, fetcher: Fetcher) -> None:
        self._documents = documents
        self._uploads = uploads
        self._fetcher = fetcher

    @tool(title="Add a page of the web", scope=WRITE, group=GROUP, effect=Effect.WRITE)
    async def ingest_url(
        self, caller: Principal, *, url: str, title: str = "", tags: list[str] | None = None
    ) -> Document:
        """Fetch a page or file from an address and add it to your documents.

        Takes one page; for what it links to use `ingest_site`. Only the open internet is asked,
        never a private network. The same content again gives the document that is there already;
        what the address has now takes the place of what it had before.

        Args:
            url: The address, beginning with `http://` or `https://`.
            title: What to call it; what the page calls itself where none is given.
            tags: Words to find it by later, at most 20.
        """
        cleaned = clean_tags(tags or ())
        async with self._fetcher.open(url) as page:
            return await receive_page(
                self._uploads, caller.user_id, page, tags=cleaned, title=title
            )

    @tool(title="Add a site", scope=WRITE, group=GROUP, effect=Effect.WRITE)
    async def ingest_site(
        self,
        caller: Principal,
        *,
        url: str,
        depth: int = 2,
        pages: int = 50,
        tags: list[str] | None = None,
    ) -> Document:
        """Add the pages of a site to your documents, following its links from one page on.

        Gives a document that stands for the site: its progress counts pages, cancelling it stops,
        and asking for the same site again takes what has changed in the place of what it was. Each
        page becomes a document of its own. Stays on one host and keeps to the site's robots.txt.

        Args:
            url: The page to begin with.
            depth: How many links away from that page to go, 0 to 10.
            pages: How many pages to take at most, 1 to 500.
            tags: Words to find the pages by later, at most 20.
        """
        if not 0 <= depth <= MAX_DEPTH:
            raise BadLabelError(f"depth: is `{depth}`, expected 0 to {MAX_DEPTH}")
        if not 1 <= pages <= MAX_PAGES:
            raise BadLabelError(f"pages: is `{pages}`, expected 1 to {MAX_PAGES}")
        cleaned = clean_tags(tags or ())
        first = await self._fetcher.judge(url)
        site = Site(url=first, depth=depth, pages=pages, tags=cleaned)
        document = await self._uploads.receive_site(caller.user_id, site.url, site.to_bytes(), SITE)
        if document.status is Status.READY:
            return await self._documents.requeue(caller.user_id, document.id)
        return document
