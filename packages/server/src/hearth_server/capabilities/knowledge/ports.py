"""What the knowledge capability needs from the outside; each has a `memory` adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from hearth_server.capabilities.knowledge.bm25 import Postings, Statistics
from hearth_server.capabilities.knowledge.model import (
    Document,
    DocumentEvent,
    DocumentPage,
    DocumentSort,
    EmbedderInfo,
    Filter,
    NewDocument,
    Passage,
    PassageKey,
    Sources,
    Stage,
    Status,
    StoredObject,
    StoredPassage,
)
from hearth_server.capabilities.knowledge.split import Block

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One worker's hold on one document; a later run makes an earlier one stale."""

    document_id: UUID
    owner: UUID
    number: int
    """Grows with every start of the document; only the latest run may write."""
    attempt: int
    """Starts since the document was queued, from 1 on."""
    title: str
    source: str
    media_type: str
    object_key: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """Everything that makes a document findable, stored in one go."""

    language: str
    pages: int
    passages: tuple[Passage, ...]
    vectors: Vectors
    """(n, dimension) float32, a row a passage, each of length 1."""
    postings: Mapping[str, bytes]
    """Word key → packed postings, as `bm25.pack_postings` makes them."""
    words: int
    """Length of all passages together, in words."""


class Documents(Protocol):
    """Documents. Reading gives what somebody may read: their own, and what is shared with them.

    Every other method sees the named owner's rows and no others.
    """

    async def add(self, owner: UUID, document: NewDocument) -> tuple[Document, bool]:
        """Store a new document and its job in one transaction.

        The same bytes by the same owner give the document that is there already, and False; if
        that one had failed or was cancelled, it is queued again.

        What stands at an address now takes the place of what was taken in from it before, with its
        id, tags and shares, unless that one is at work; what is found stays as it was until the new
        is read, and the removal of the old original is queued.
        """
        ...

    async def get(self, owner: UUID, document_id: UUID) -> Document:
        """Give one document that somebody may read.

        Raises:
            DocumentNotFoundError: none such, or none that they may read.
        """
        ...

    async def find_original(self, owner: UUID, document_id: UUID) -> str:
        """Give the key of the original of a document that somebody may read.

        Raises:
            DocumentNotFoundError: none such, or none that they may read.
        """
        ...

    async def list_page(
        self,
        owner: UUID,
        *,
        status: Status | None,
        text: str | None,
        only: Filter,
        sort: DocumentSort,
        limit: int,
        offset: int,
    ) -> DocumentPage:
        """Give some documents and the number of all that match; `text` is sought in the title."""
        ...

    async def delete(self, owner: UUID, document_id: UUID) -> Document:
        """Delete a document with its passages and queue the removal of its original.

        Raises:
            DocumentNotFoundError: none such, or another's.
        """
        ...

    async def requeue(self, owner: UUID, document_id: UUID, *, is_last: bool = False) -> Document:
        """Queue a failed, cancelled or ready document again; a queued one stays as it is.

        With `is_last` its turn comes when nothing else waits.

        Raises:
            DocumentNotFoundError: none such, or another's.
            DocumentStateError: it is running.
        """
        ...

    async def list_outdated(self, owner: UUID, info: EmbedderInfo) -> Sequence[UUID]:
        """Give the owner's ready documents that this embedder's vectors are missing of.

        Sites are left out: their pages are documents, and to queue a site is to follow it again.
        """
        ...

    async def cancel(self, owner: UUID, document_id: UUID) -> Document:
        """Stop a queued or running document; a cancelled one stays as it is.

        Raises:
            DocumentNotFoundError: none such, or another's.
            DocumentStateError: it is ready or failed.
        """
        ...

    async def sources(self, owner: UUID) -> Sources:
        """Give the sources and tags of the ready documents that somebody may read."""
        ...


class Runs(Protocol):
    """What a worker writes while it works on a document."""

    async def start(self, owner: UUID, document_id: UUID) -> Run | None:
        """Take a queued or running document over; None where there is nothing to do any more."""
        ...

    async def progress(self, run: Run, stage: Stage, *, done: int = 0, total: int = 0) -> None:
        """Say how far it is.

        Raises:
            IngestCancelledError: the person cancelled or deleted it.
            StaleRunError: another worker has taken it over.
        """
        ...

    async def finish(self, run: Run, indexed: Indexed, info: EmbedderInfo) -> None:
        """Replace whatever was stored for the document, atomically, and make it ready.

        Raises:
            IngestCancelledError: the person cancelled or deleted it.
            StaleRunError: another worker has taken it over.
        """
        ...

    async def fail(self, run: Run, reason: str, *, again: bool) -> None:
        """Record why it failed; `again` keeps it queued for another attempt. Stale runs pass."""
        ...


Also = Callable[[], Awaitable[Iterable[PassageKey]]]
"""Gives passages that another part of a search brought forward, when that is done."""


class PassageIndex(Protocol):
    """The passages that somebody may read, as a search sees them, in one consistent view."""

    async def statistics(self) -> Statistics:
        """Give the size of all that they may read, whatever the filter."""
        ...

    async def postings(self, keys: Sequence[str], only: Filter) -> list[Postings]:
        """Give every posting of these word keys."""
        ...

    async def nearest(
        self,
        vector: Sequence[float],
        info: EmbedderInfo,
        only: Filter,
        *,
        limit: int,
        also: Also | None = None,
    ) -> dict[PassageKey, float]:
        """Give the passages with the highest cosine that pass the filter, best first.

        After them come those that `also` gives, asked at most once and as late as can be; those
        without a vector of this kind are left out.
        """
        ...

    async def similarities(
        self, vector: Sequence[float], info: EmbedderInfo, keys: Sequence[PassageKey]
    ) -> dict[PassageKey, float]:
        """Give the cosine of these passages; those without a vector of this kind are left out."""
        ...

    async def read(
        self, keys: Sequence[PassageKey], *, neighbours: int = 0
    ) -> dict[PassageKey, StoredPassage]:
        """Give passages and as many before and after each; missing ones are left out."""
        ...


class Passages(Protocol):
    """Where a search begins."""

    def view(self, owner: UUID) -> AbstractAsyncContextManager[PassageIndex]:
        """Open a consistent view of the passages that somebody may read."""
        ...


class Announcements(Protocol):
    """News of documents."""

    def watch(self, owner: UUID) -> AsyncIterator[DocumentEvent]:
        """Give each change of the owner's documents from now on, until the caller stops."""
        ...


class Objects(Protocol):
    """Originals, by key. Keys are made by us and start with `user-{uuid}/`."""

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a whole stream, or nothing: if `chunks` raises, no object is left.

        Raises:
            ObjectsDownError: it cannot be written, for example as the disk is full.
        """
        ...

    def read(self, key: str) -> AsyncIterator[bytes]:
        """Give an object's bytes.

        Raises:
            ObjectsDownError: it is not there or cannot be read.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...

    async def list_keys(self, prefix: str) -> list[str]:
        """Give the keys below a prefix that ends with `/`, sorted."""
        ...

    async def list_objects(self, prefix: str) -> list[StoredObject]:
        """Give what is below a prefix that ends with `/`, by key.

        Raises:
            ObjectsDownError: the store does not answer.
        """
        ...


class Embedder(Protocol):
    """Turns text into vectors that can be compared with each other."""

    async def info(self) -> EmbedderInfo:
        """Say who it is; may ask the model once and keeps the answer.

        Raises:
            EmbedderDownError: the model cannot be reached or loaded.
        """
        ...

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Count as the model does. Synchronous and quick to call from a thread; needs `info`."""
        ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts off the event loop. Deterministic for one text, whatever stands beside it.

        Shape: (n, dimension) float32, each row of length 1. A text past `max_tokens` is cut.

        Raises:
            EmbedderDownError: the model does not answer, or answers nonsense.
        """
        ...

    async def embed_query(self, text: str) -> Vector:
        """Embed what somebody looks for; some models were trained to tell it from a passage.

        Shape: (dimension,) float32, of length 1.

        Raises:
            EmbedderDownError: the model does not answer, or answers nonsense.
        """
        ...


class Reranker(Protocol):
    """Reads a query and a passage together and says how well one answers the other.

    Far better than comparing their vectors, and far slower: for the few that came out first.
    """

    async def name(self) -> str:
        """Say who it is; may load the model once.

        Raises:
            RerankerDownError: the model cannot be reached or loaded.
        """
        ...

    async def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """Give each text a number from 0 to 1, whatever stands beside it, off the event loop.

        Raises:
            RerankerDownError: the model does not answer, or answers nonsense.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What a reader has got so far: some blocks, and how many of how many units (pages)."""

    blocks: tuple[Block, ...]
    done: int
    total: int


class Reader(Protocol):
    """Turns a file into blocks, in a place where a hostile file can do no harm."""

    def convert(self, path: Path, *, media_type: str, name: str) -> AsyncIterator[Converted]:
        """Give a file's blocks in reading order, some at a time.

        Raises:
            UnreadableError: and its kinds; trying again would not help.
            TooLargeError: more text or pages than allowed.
        """
        ...
