"""The tool that brings documents up to date after a change of the embedder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hearth_server.capabilities.knowledge.errors import DocumentNotFoundError, DocumentStateError
from hearth_server.capabilities.knowledge.ports import Documents, Embedder
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

GROUP: Final = "knowledge"
WRITE: Final = "knowledge:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What was queued."""

    embedder: str
    """Whose vectors the documents get."""
    documents: int


class RefreshTools:
    """The owner is always the caller."""

    def __init__(self, documents: Documents, embedder: Embedder) -> None:
        self._documents = documents
        self._embedder = embedder

    @tool(title="Embed anew", scope=WRITE, group=GROUP, effect=Effect.WRITE, listed=False)
    async def refresh_documents(self, caller: Principal) -> Refreshed:
        """Queue your documents that another embedding model made findable by meaning.

        Use it after the platform's embedding model has changed. Until a document's turn comes it
        stays findable by its words, and calling this again queues only what is still missing.
        """
        info = await self._embedder.info()
        queued = 0
        for document_id in await self._documents.list_outdated(caller.user_id, info):
            try:
                await self._documents.requeue(caller.user_id, document_id)
            except (DocumentNotFoundError, DocumentStateError):
                # Deleted or taken over a moment ago: nothing is left to do for it.
                continue
            queued += 1
        return Refreshed(embedder=info.name, documents=queued)
