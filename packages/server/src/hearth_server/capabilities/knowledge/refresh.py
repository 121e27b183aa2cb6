"""Taking documents in anew, one person's or everybody's: after another embedder, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol
from uuid import UUID

from hearth_server.capabilities.knowledge.errors import DocumentNotFoundError, DocumentStateError
from hearth_server.capabilities.knowledge.model import EmbedderInfo
from hearth_server.capabilities.knowledge.ports import Documents, Embedder

PAGE: Final = 500
ANY: Final = EmbedderInfo(name="", dimension=0, max_tokens=0)
"""An embedder that no document was seen by, so that every one counts as behind."""
_FIRST: Final = UUID(int=0)


class Backlog(Protocol):
    """Which documents are behind, whoever owns them."""

    async def find_outdated(
        self, info: EmbedderInfo, *, after: UUID, limit: int
    ) -> Sequence[tuple[UUID, UUID]]:
        """Give owner and id of ready documents that this embedder's vectors are missing of.

        In the order of their ids, those after one; sites are left out.
        """
        ...


async def queue_all(backlog: Backlog, documents: Documents, embedder: Embedder) -> int:
    """Queue every document that the embedder has not seen, and give their number.

    Raises:
        EmbedderDownError: it cannot be asked who it is.
    """
    return await _queue_behind(backlog, documents, await embedder.info())


async def queue_everything(backlog: Backlog, documents: Documents) -> int:
    """Queue every document that is ready, and give their number; sites are left out."""
    return await _queue_behind(backlog, documents, ANY)


async def _queue_behind(backlog: Backlog, documents: Documents, info: EmbedderInfo) -> int:
    queued, after = 0, _FIRST
    while found := await backlog.find_outdated(info, after=after, limit=PAGE):
        queued += await queue_some(documents, found)
        after = found[-1][1]
    return queued


async def queue_some(documents: Documents, found: Iterable[tuple[UUID, UUID]]) -> int:
    """Queue documents behind everything else that waits, and give how many there were to queue."""
    queued = 0
    for owner, document_id in found:
        try:
            await documents.requeue(owner, document_id, is_last=True)
        except (DocumentNotFoundError, DocumentStateError):
            # Deleted or taken over a moment ago: nothing is left to do for it.
            continue
        queued += 1
    return queued
