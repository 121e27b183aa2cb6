"""What knowledge is made of: documents, passages, hits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

LIKE: Final = 0.3
"""Cosine from which two texts are alike to most embedders."""

PIPELINE_VERSION: Final = 2
"""Grows when the same bytes would become other passages; part of what makes a document new."""


class Status(StrEnum):
    """Where a document stands; only `ready` ones are found."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """What a worker is doing with a running document."""

    WAITING = "waiting"
    READING = "reading"
    CONVERTING = "converting"
    SPLITTING = "splitting"
    EMBEDDING = "embedding"
    STORING = "storing"
    DONE = "done"


SearchType = Literal["hybrid", "vector", "text"]
Fusion = Literal["weighted", "rrf"]
SourceType = Literal["upload", "text", "web", "site", "youtube"]
"""How a document came in."""
REPLACED: Final = frozenset({"web", "youtube"})
"""Ways in by an address: what is there now takes the place of what was there before."""
DocumentSort = Literal["newest", "oldest", "title", "largest"]
Whose = Literal["all", "mine", "shared"]
"""Of the documents that somebody may read: every one, their own, or those of others."""


class Visibility(StrEnum):
    """Who may read a document beside its owner."""

    PRIVATE = "private"
    PEOPLE = "people"
    GROUP = "group"
    PUBLIC = "public"
    """Everybody who is signed in here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One thing that a person put in, and how far it has come."""

    id: UUID
    title: str
    source_type: str
    """`upload` or `text`; where it came from."""
    source: str
    """What the person would call its origin: a file name, an address. A label, never a path."""
    media_type: str
    size_bytes: int
    content_sha256: str
    language: str
    """Two letters, or `xx` where none was recognised."""
    tags: tuple[str, ...]
    status: Status
    stage: Stage
    done: int
    """Units of the stage that are finished: pages while converting, passages while embedding."""
    total: int
    """Units of the stage in all; 0 while unknown."""
    reason: str
    """Why it failed or waits, in plain words; empty otherwise."""
    attempts: int
    pages: int
    passages: int
    created_at: datetime
    updated_at: datetime
    visibility: Visibility = Visibility.PRIVATE
    """The widest audience that the caller knows of."""
    shared_by: str = ""
    """The address of whoever shares it with the caller; empty for the caller's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A document before the store has seen it."""

    id: UUID
    title: str
    source_type: str
    source: str
    media_type: str
    size_bytes: int
    content_sha256: str
    object_key: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object, as a listing shows it."""

    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """Some documents of many."""

    documents: tuple[Document, ...]
    total: int
    limit: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where documents came from, and how much came."""

    source_type: str
    source: str
    documents: int
    passages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Every source of a person's ready documents."""

    sources: tuple[Source, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What was deleted."""

    id: UUID
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which documents a search may look into; empty means all that the caller may read."""

    source_type: str | None = None
    source: str = ""
    """How the source of a document begins: an address, or a file's name."""
    tags: tuple[str, ...] = ()
    """Every one of these must be on the document."""
    document_ids: tuple[UUID, ...] = ()
    whose: Whose = "all"
    since: datetime | None = None
    """Only documents that were put in at this time or later."""
    until: datetime | None = None
    """Only documents that were put in before this time."""

    @property
    def is_empty(self) -> bool:
        """Tell whether everything passes."""
        is_any = not (self.source_type or self.source or self.tags or self.document_ids)
        is_ever = self.since is None and self.until is None
        return is_any and is_ever and self.whose == "all"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PassageKey:
    """A passage by its place: the document, and its number in it from 0 on."""

    document_id: UUID
    ordinal: int

    def __hash__(self) -> int:
        # A search looks hundreds of these up, and a UUID takes a call more to hash than its number.
        return hash((self.document_id.int, self.ordinal))


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document's text that is found as a whole."""

    ordinal: int
    text: str
    headings: tuple[str, ...]
    """The headings above it, outermost first."""
    page: int | None
    """The page it stands on, from 1 on; None where the format has none."""
    tokens: int
    """Its length by the embedder's own count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassage:
    """A passage together with what a citation needs."""

    key: PassageKey
    passage: Passage
    title: str
    source_type: str
    source: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a passage stands, so that a person can look it up."""

    document_id: UUID
    title: str
    source_type: str
    source: str
    page: int | None
    headings: tuple[str, ...]
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Why a passage stands where it stands; a leg that did not run is None."""

    fused: float
    """From 0 to 1 with `weighted`; the sum of reciprocal ranks with `rrf`."""
    vector: float | None
    """Cosine of the angle between query and passage, from -1 to 1."""
    vector_rank: int | None
    text: float | None
    """BM25; 0 where no word of the query occurs."""
    text_rank: int | None
    fused_rank: int | None = None
    """Where both legs together put it, from 1 on, before anything was reranked."""
    rerank: float | None = None
    """How well the reranker thinks it answers, from 0 to 1; None where it was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of characters: the first, and the first after it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that was found."""

    text: str
    citation: Citation
    scores: Scores
    highlights: tuple[Span, ...]
    """Stretches of `text` that match words of the query, in order, never overlapping."""
    before: str
    """The text of the passages before it, where neighbours were asked for."""
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A passage that came near and is not among the hits, and why."""

    citation: Citation
    scores: Scores
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search gave."""

    query: str
    hits: tuple[Hit, ...]
    search_type: SearchType
    fusion: Fusion
    embedder: str
    """Which embedder made the vectors; empty where none was asked or none answered."""
    like: float = LIKE
    """Cosine from which a passage is like the query to that embedder."""
    by_spelling: bool = False
    """Whether that one compares spelling alone: then synonyms are not found."""
    searched_passages: int
    """How many passages the caller may read in all."""
    note: str
    """What a person should know about this answer; empty where there is nothing to say."""
    reranker: str = ""
    """Which reranker put them into their order; empty where none was asked or none answered."""
    left_out: tuple[LeftOut, ...] = ()
    """The next ones after the hits, best first, where they were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEvent:
    """A document has moved on, or is gone (`document` is None)."""

    document_id: UUID
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderInfo:
    """Which vectors may be compared with each other: those of one name and dimension."""

    name: str
    dimension: int
    max_tokens: int
    weight: float = 0.7
    """How much its likeness counts beside words, from 0 to 1, where both were searched."""
    like: float = LIKE
    """Cosine from which two texts are alike to it; models differ much in this."""
    by_spelling: bool = False
    """Whether it compares spelling alone and knows no meaning, as no model stands behind it."""
