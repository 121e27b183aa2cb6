"""The tool that takes a person's documents in anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hearth_server.capabilities.knowledge.ports import Documents, Embedder
from hearth_server.capabilities.knowledge.refresh import ANY, queue_some
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
    async def refresh_documents(self, caller: Principal, *, everything: bool = False) -> Refreshed:
        """Queue your documents that another embedding model made findable by meaning.

        The worker does so by itself when it starts with another model. Until a document's turn
        comes it stays findable by its words, and calling this again queues only what is missing.

        Args:
            everything: Queue every document that is ready, but for sites: each is read, split and
                embedded anew, and stays findable as it is until then.
        """
        info = await self._embedder.info()
        behind = ANY if everything else info
        outdated = await self._documents.list_outdated(caller.user_id, behind)
        queued = await queue_some(self._documents, ((caller.user_id, each) for each in outdated))
        return Refreshed(embedder=info.name, documents=queued)
