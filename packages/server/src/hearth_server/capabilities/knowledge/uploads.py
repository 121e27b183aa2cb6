"""Taking files in as streams: counted, hashed and stored on the way, all or nothing."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from hearth_kit.errors import HearthError
from hearth_kit.ids import NewId, uuid7

from hearth_server.capabilities.knowledge.errors import EmptyTextError, TooLargeError
from hearth_server.capabilities.knowledge.model import Document, NewDocument
from hearth_server.capabilities.knowledge.ports import Documents, Objects
from hearth_server.capabilities.knowledge.rules import (
    SUFFIXES,
    clean_label,
    clean_tags,
    describe_size,
    file_label,
    media_type_of,
    object_key,
)
from hearth_server.capabilities.knowledge.videos import YOUTUBE
from hearth_server.principal import Principal

DEFAULT_LIMIT: Final = 200 * 1024 * 1024
_LOG: Final = logging.getLogger(__name__)


class _Meter:
    """Passes chunks on, counting and hashing them."""

    def __init__(self, chunks: AsyncIterator[bytes], *, name: str, limit: int) -> None:
        self._chunks = chunks
        self._name = name
        self._limit = limit
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            self.size += len(chunk)
            if self.size > self._limit:
                msg = f"file `{self._name}`: is larger than {describe_size(self._limit)}"
                raise TooLargeError(msg, hint="hearth-server settings")
            self._hash.update(chunk)
            if chunk:
                yield chunk
        if self.size == 0:
            msg = f"file `{self._name}`: is empty"
            raise EmptyTextError(msg)


class Uploads:
    """The way in for files and texts alike."""

    def __init__(
        self,
        documents: Documents,
        objects: Objects,
        *,
        limit: int = DEFAULT_LIMIT,
        kinds: Mapping[str, str] = SUFFIXES,
        new_id: NewId = uuid7,
    ) -> None:
        self._documents = documents
        self._objects = objects
        self._limit = limit
        self._kinds = kinds
        self._new_id = new_id

    async def receive(
        self,
        caller: Principal,
        *,
        filename: str,
        content_type: str,
        chunks: AsyncIterator[bytes],
        tags: Sequence[str] = (),
    ) -> Document:
        """Take a file in and queue it. The same bytes again give the document that is there.

        The client's name is a label only. A stream that breaks off leaves nothing behind.

        Raises:
            UnsupportedFormatError: no reader for files of this kind.
            TooLargeError: more bytes than the limit.
            EmptyTextError: no bytes at all.
        """
        label = file_label(filename)
        return await self._store(
            caller.user_id,
            chunks,
            title=label,
            source_type="upload",
            source=label,
            media_type=media_type_of(filename, content_type, kinds=self._kinds),
            tags=clean_tags(tags),
        )

    async def receive_text(
        self, caller: Principal, *, text: str, title: str, media_type: str, tags: Sequence[str]
    ) -> Document:
        """Take a text in as if it were a file."""
        data = text.encode("utf-8", errors="replace")
        first_line = clean_label(text.strip().split("\n", 1)[0], limit=80)
        return await self._store(
            caller.user_id,
            _once(data),
            title=clean_label(title) or first_line.lstrip("# ") or "untitled",
            source_type="text",
            source=clean_label(title) or "text",
            media_type=media_type,
            tags=clean_tags(tags),
        )

    async def receive_page(
        self,
        owner: UUID,
        chunks: AsyncIterator[bytes],
        *,
        title: str,
        source: str,
        media_type: str,
        tags: tuple[str, ...],
    ) -> Document:
        """Take a page of the web in, as it comes. Raises as `receive` does."""
        return await self._store(
            owner,
            chunks,
            title=title,
            source_type="web",
            source=source,
            media_type=media_type,
            tags=tags,
        )

    async def receive_video(
        self, owner: UUID, page: bytes, *, title: str, source: str, tags: tuple[str, ...]
    ) -> Document:
        """Take what is said in a video in, written as a web page. Raises as `receive` does."""
        return await self._store(
            owner,
            _once(page),
            title=title,
            source_type=YOUTUBE,
            source=source,
            media_type="text/html",
            tags=tags,
        )

    async def receive_site(self, owner: UUID, url: str, wish: bytes, media_type: str) -> Document:
        """Queue the following of a site; the same wish again gives the document that is there."""
        return await self._store(
            owner,
            _once(wish),
            title=clean_label(url),
            source_type="site",
            source=url,
            media_type=media_type,
            tags=(),
        )

    async def _store(
        self,
        owner: UUID,
        chunks: AsyncIterator[bytes],
        *,
        title: str,
        source_type: str,
        source: str,
        media_type: str,
        tags: tuple[str, ...],
    ) -> Document:
        document_id = self._new_id()
        key = object_key(owner, document_id)
        meter = _Meter(chunks, name=title, limit=self._limit)
        await self._objects.put(key, aiter(meter))
        new = NewDocument(
            id=document_id,
            title=title,
            source_type=source_type,
            source=source,
            media_type=media_type,
            size_bytes=meter.size,
            content_sha256=meter.sha256,
            object_key=key,
            tags=tags,
        )
        try:
            document, is_new = await self._documents.add(owner, new)
        except BaseException:
            await self._try_delete(key)
            raise
        if not is_new:
            await self._try_delete(key)
        return document

    async def _try_delete(self, key: str) -> None:
        """Remove an object that no document refers to; one left over harms nobody."""
        try:
            await self._objects.delete(key)
        except HearthError as error:
            _LOG.warning("object %s could not be removed: %s", key, error)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
