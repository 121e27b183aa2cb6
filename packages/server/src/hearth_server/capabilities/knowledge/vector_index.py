"""Vectors in an index of their own, beside the store that keeps everything.

The store stays the truth: it has every vector too, says what may be read, and gives the passages.
The index only says which are near. It is written before the store is, so that whatever is ready is
in it; what it knows too much of is dropped where the store does not know it.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

from hearth_server.capabilities.knowledge.bm25 import Postings, Statistics
from hearth_server.capabilities.knowledge.errors import VectorsDownError
from hearth_server.capabilities.knowledge.model import (
    EmbedderInfo,
    Filter,
    PassageKey,
    Stage,
    StoredObject,
    StoredPassage,
)
from hearth_server.capabilities.knowledge.ports import (
    Also,
    Indexed,
    Objects,
    PassageIndex,
    Passages,
    Run,
    Runs,
)
from hearth_server.capabilities.knowledge.ranking import best

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LOG: Final = logging.getLogger(__name__)
_DOCUMENT_KEY: Final = re.compile(r"user-[0-9a-f-]{36}/documents/([0-9a-f-]{36})")


def space_name(info: EmbedderInfo) -> str:
    """Name an embedder's vectors by letters, digits and hyphens, no two embedders alike."""
    slug = re.sub(r"[^a-z0-9]+", "-", info.name.lower()).strip("-")[:40]
    digest = hashlib.sha256(info.name.encode()).hexdigest()[:8]
    return f"{slug}-{digest}-{info.dimension}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Where a search may look: some or all of the owner's documents, and some of others'."""

    owner: UUID
    own: frozenset[UUID] | None = None
    """None for every document of the owner."""
    others: frozenset[UUID] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to look into."""
        return self.own == frozenset() and not self.others


class VectorIndex(Protocol):
    """The nearest of very many vectors. Every method may raise `VectorsDownError`."""

    async def replace(
        self,
        owner: UUID,
        document_id: UUID,
        info: EmbedderInfo,
        vectors: NDArray[np.float32],
    ) -> None:
        """Put a document's vectors, ordinal by ordinal, in the place of those that are there."""
        ...

    async def remove(self, document_id: UUID) -> None:
        """Forget every vector of a document, of whatever embedder; harmless when repeated."""
        ...

    async def nearest(
        self, vector: Sequence[float], info: EmbedderInfo, within: Within, *, limit: int
    ) -> dict[PassageKey, float]:
        """Give the passages of the highest cosine, best first; `within` bounds the search itself.

        Filtering after the search would give too few, and tell by it what others have.
        """
        ...

    async def ready(self) -> None:
        """Answer when the index does."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class Readable(Protocol):
    """What somebody may read."""

    async def documents(self, reader: UUID, only: Filter) -> frozenset[UUID]:
        """Give the documents that pass a filter and that they may read."""
        ...


class IndexedPassages:
    """The port `Passages`, whose nearest come from an index."""

    def __init__(self, passages: Passages, index: VectorIndex, readable: Readable) -> None:
        self._passages = passages
        self._index = index
        self._readable = readable

    @asynccontextmanager
    async def view(self, owner: UUID) -> AsyncIterator[PassageIndex]:
        """Open a view of what somebody may read."""
        async with self._passages.view(owner) as view:
            yield _View(view, owner, self._index, self._readable)


class _View:
    """The port `PassageIndex`: all of the store's, but for the nearest."""

    def __init__(
        self, view: PassageIndex, owner: UUID, index: VectorIndex, readable: Readable
    ) -> None:
        self._view = view
        self._owner = owner
        self._index = index
        self._readable = readable

    async def statistics(self) -> Statistics:
        return await self._view.statistics()

    async def postings(self, keys: Sequence[str], only: Filter) -> list[Postings]:
        return await self._view.postings(keys, only)

    async def nearest(
        self,
        vector: Sequence[float],
        info: EmbedderInfo,
        only: Filter,
        *,
        limit: int,
        also: Also | None = None,
    ) -> dict[PassageKey, float]:
        """Ask the index; the store, which knows the same more slowly, while that is down."""
        within = await self._within(only)
        if within.is_empty:
            return {}
        try:
            found = await self._index.nearest(vector, info, within, limit=limit)
        except VectorsDownError as error:
            _LOG.warning("searching without the index: %s", error)
            return await self._view.nearest(vector, info, only, limit=limit, also=also)
        # The store has the last word: what it does not know any more, or does not let this person
        # read, has no cosine there. It also says it exactly, where an index may have rounded.
        others = list(await also()) if also else []
        exact = await self._view.similarities(vector, info, [*found, *others])
        near = best({key: exact[key] for key in found if key in exact}, limit)
        return dict(near) | {key: exact[key] for key in others if key in exact}

    async def similarities(
        self, vector: Sequence[float], info: EmbedderInfo, keys: Sequence[PassageKey]
    ) -> dict[PassageKey, float]:
        return await self._view.similarities(vector, info, keys)

    async def read(
        self, keys: Sequence[PassageKey], *, neighbours: int = 0
    ) -> dict[PassageKey, StoredPassage]:
        return await self._view.read(keys, neighbours=neighbours)

    async def _within(self, only: Filter) -> Within:
        own: frozenset[UUID] | None = frozenset()
        others: frozenset[UUID] = frozenset()
        if only.whose != "shared":
            mine = replace(only, whose="mine")
            is_all = replace(only, whose="all").is_empty
            own = None if is_all else await self._readable.documents(self._owner, mine)
        if only.whose != "mine":
            others = await self._readable.documents(self._owner, replace(only, whose="shared"))
        return Within(owner=self._owner, own=own, others=others)


class IndexedRuns:
    """The port `Runs`, which also fills an index."""

    def __init__(self, runs: Runs, index: VectorIndex) -> None:
        self._runs = runs
        self._index = index

    async def start(self, owner: UUID, document_id: UUID) -> Run | None:
        """Take a document over."""
        return await self._runs.start(owner, document_id)

    async def progress(self, run: Run, stage: Stage, *, done: int = 0, total: int = 0) -> None:
        """Say how far it is."""
        await self._runs.progress(run, stage, done=done, total=total)

    async def finish(self, run: Run, indexed: Indexed, info: EmbedderInfo) -> None:
        """Fill the index and then the store; a run that breaks between is begun again."""
        await self._index.replace(run.owner, run.document_id, info, indexed.vectors)
        await self._runs.finish(run, indexed, info)

    async def fail(self, run: Run, reason: str, *, again: bool) -> None:
        """Record why it failed."""
        await self._runs.fail(run, reason, again=again)


class IndexedObjects:
    """The port `Objects`: with a document's original its vectors go too.

    The removal of an original is a durable job, tried again while a store is down, so no vector of
    a deleted document stays behind.
    """

    def __init__(self, objects: Objects, index: VectorIndex) -> None:
        self._objects = objects
        self._index = index

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a whole stream, or nothing."""
        await self._objects.put(key, chunks)

    def read(self, key: str) -> AsyncIterator[bytes]:
        """Give an object's bytes."""
        return self._objects.read(key)

    async def delete(self, key: str) -> None:
        """Remove an object and the vectors that were made of it."""
        found = _DOCUMENT_KEY.fullmatch(key)
        if found:
            await self._index.remove(UUID(found[1]))
        await self._objects.delete(key)

    async def list_keys(self, prefix: str) -> list[str]:
        """Give the keys below a prefix."""
        return await self._objects.list_keys(prefix)

    async def list_objects(self, prefix: str) -> list[StoredObject]:
        """Give what is below a prefix."""
        return await self._objects.list_objects(prefix)
