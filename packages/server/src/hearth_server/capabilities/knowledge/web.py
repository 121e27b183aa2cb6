"""Pages of the web as documents: what is asked of the world, and how a page becomes a document."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Final, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from hearth_server.capabilities.knowledge.errors import UnsupportedFormatError
from hearth_server.capabilities.knowledge.links import label_of, title_of
from hearth_server.capabilities.knowledge.model import Document
from hearth_server.capabilities.knowledge.rules import SUFFIXES, clean_label
from hearth_server.capabilities.knowledge.uploads import Uploads

SITE: Final = "application/vnd.hearth.site+json"
"""The kind of a document that stands for a site; its original is a `Site` as JSON."""
_HEAD: Final = 64 * 1024
_HTML: Final = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A page while it comes in."""

    url: str
    """Where it was found in the end, after redirects."""
    media_type: str
    """What its server calls it, without parameters; empty where it says nothing."""
    chunks: AsyncIterator[bytes]


class Fetcher(Protocol):
    """Asks the open internet, and nothing else: neither this machine nor its networks."""

    def open(self, address: str) -> AbstractAsyncContextManager[Fetched]:
        """Ask for a page and follow its redirects.

        Raises:
            BadAddressError: it, or where it leads, may not be asked.
            PageRefusedError: asking again would not help.
            PageDownError: no answer, or a broken one; also while the bytes come.
        """
        ...

    async def judge(self, address: str) -> str:
        """Give the address as it will be asked for, without asking for it.

        Raises:
            BadAddressError: it may not be asked.
            PageDownError: there is no such host.
        """
        ...

    async def may_follow(self, address: str) -> bool:
        """Tell whether the site lets programs ask for this page. Raises as `open` does."""
        ...

    async def delay(self, address: str) -> float:
        """Give the seconds that the site wants between two requests. Raises as `open` does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What of a site is wanted."""

    url: str
    depth: int
    """Links to follow from the first page on; 0 is that page alone."""
    pages: int
    tags: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """Give it as JSON, the same for the same wish."""
        return json.dumps(asdict(self), sort_keys=True, indent=2).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Site:
        """Read what `to_bytes` gave."""
        values = json.loads(data)
        return cls(**{**values, "tags": tuple(values["tags"])})


def media_type_of_page(declared: str, url: str) -> str:
    """Tell a page's kind: what its server says, else its address' ending.

    Raises:
        UnsupportedFormatError: no reader for it.
    """
    if declared == "application/xhtml+xml":
        return _HTML
    if declared in SUFFIXES.values():
        return declared
    suffix = PurePosixPath(urlsplit(url).path.lower()).suffix
    if suffix in SUFFIXES and not declared.startswith(("image/", "video/", "audio/")):
        return SUFFIXES[suffix]
    msg = f"address `{url}`: is `{declared or 'of no known kind'}`, which is not read"
    raise UnsupportedFormatError(msg)


async def receive_page(
    uploads: Uploads, owner: UUID, page: Fetched, *, tags: tuple[str, ...], title: str = ""
) -> Document:
    """Store a page as a document; the same bytes again give the one that is there."""
    media_type = media_type_of_page(page.media_type, page.url)
    head = bytearray()
    async for chunk in page.chunks:
        head += chunk
        if len(head) >= _HEAD:
            break
    if not title and media_type == _HTML:
        title = title_of(head.decode("utf-8", "replace"))

    async def whole() -> AsyncIterator[bytes]:
        yield bytes(head)
        async for chunk in page.chunks:
            yield chunk

    return await uploads.receive_page(
        owner,
        whole(),
        title=clean_label(title) or clean_label(label_of(page.url)),
        source=page.url,
        media_type=media_type,
        tags=tags,
    )
