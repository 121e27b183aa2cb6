"""Documents as bytes and as running text, out of the knowledge capability's ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from uuid import UUID

from hearth_server.capabilities.knowledge.model import (
    Document,
    DocumentEvent,
    Passage,
    PassageKey,
)
from hearth_server.capabilities.knowledge.ports import Documents, Objects, Passages
from hearth_server.capabilities.knowledge.uploads import Uploads
from hearth_server.principal import Principal

Watch = Callable[[Principal], AsyncIterator[DocumentEvent]]


class KnowledgeFiles:
    """What the edge serves of documents beside their tools; the owner is always the caller."""

    def __init__(
        self,
        *,
        uploads: Uploads,
        documents: Documents,
        objects: Objects,
        passages: Passages,
        watch: Watch,
    ) -> None:
        self._uploads = uploads
        self._documents = documents
        self._objects = objects
        self._passages = passages
        self._watch = watch

    async def receive(
        self, caller: Principal, filename: str, *, content_type: str, chunks: AsyncIterator[bytes]
    ) -> Document:
        """Take a file in."""
        return await self._uploads.receive(
            caller, filename=filename, content_type=content_type, chunks=chunks
        )

    async def original(
        self, caller: Principal, document_id: UUID
    ) -> tuple[Document, AsyncIterator[bytes]]:
        """Give a document and the bytes that the person put in."""
        document = await self._documents.get(caller.user_id, document_id)
        key = await self._documents.find_original(caller.user_id, document_id)
        return document, self._objects.read(key)

    async def passages(
        self, caller: Principal, document_id: UUID, *, ordinals: range
    ) -> tuple[Passage, ...]:
        """Give some passages of a document that the caller may read, in their order."""
        keys = [PassageKey(document_id=document_id, ordinal=each) for each in ordinals]
        if not keys:
            return ()
        async with self._passages.view(caller.user_id) as index:
            found = await index.read(keys)
        return tuple(found[key].passage for key in sorted(found))

    def watch(self, caller: Principal) -> AsyncIterator[DocumentEvent]:
        """Give each change of the caller's documents from now on."""
        return self._watch(caller)
