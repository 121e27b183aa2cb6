"""What a graph is made of: nodes, and edges between them that hold for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A thing; of one owner, label and name there is one."""

    id: UUID
    label: str
    """What kind of thing it is, in lower case: `person`, `project`."""
    name: str
    note: str
    """A sentence about it; may be empty."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNode:
    """A thing before the store has seen it; `id` counts where it is new there."""

    id: UUID
    label: str
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """How one thing relates to another, and when."""

    id: UUID
    source: UUID
    target: UUID
    kind: str
    """A verb in lower case: `works_on`."""
    note: str
    valid_from: datetime
    valid_to: datetime | None
    """None while it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEdge:
    """A relation before the store has seen it; `id` counts where it is new there."""

    id: UUID
    source: UUID
    target: UUID
    kind: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgraph:
    """A thing and what is around it."""

    nodes: tuple[Node, ...]
    """By distance, then label and name; the first is where it began."""
    edges: tuple[Edge, ...]
    """Those that hold between the nodes."""
    is_cut: bool
    """Whether there was more than was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesFound:
    """Things that match."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A thing as a document names it."""

    label: str
    name: str
    aliases: tuple[str, ...] = ()
    """Other names of it, such as `IBM` for `International Business Machines`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact:
    """A relation that a document tells of, with the words that tell it."""

    subject: Named
    kind: str
    object: Named
    ordinal: int
    """The passage that the words stand in."""
    quote: str
    """The very words, as the passage has them."""
    stated_from: datetime | None = None
    """Since when it holds, where the document says so."""
    stated_to: datetime | None = None
    """Until when it held, where the document says so; the first moment that it does not."""
    is_exclusive: bool = False
    """Whether its subject has only one such relation at a time: the next one ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An end of a relation."""

    id: UUID
    label: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Words of a document that a relation stands on."""

    document_id: UUID
    title: str
    ordinal: int
    """The passage's number in the document, from 0 on."""
    page: int | None
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A relation between two things, when it holds, and what it stands on."""

    id: UUID
    subject: Thing
    kind: str
    object: Thing
    note: str
    valid_from: datetime
    valid_to: datetime | None
    """None while it holds."""
    evidence: tuple[Evidence, ...]
    """The newest document first; empty where somebody noted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsFound:
    """Relations that match."""

    facts: tuple[Fact, ...]
    """Those with most of the words first, then those that hold, the latest first."""


class ReadingState(StrEnum):
    """Where the reading of a document by the language model stands."""

    NONE = "none"
    """Nobody asked for it."""
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARTLY = "partly"
    """At its end, but a part was left out; the reason says why."""
    FAILED = "failed"
    OFF = "off"
    """Its owner wants no facts of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far the reading of a document is."""

    document_id: UUID
    title: str
    state: ReadingState
    model: str = ""
    """The model that read it."""
    done: int = 0
    """Parts of it that were read."""
    total: int = 0
    """Parts that are read at most."""
    facts: int = 0
    """Relations that stand on it."""
    dropped: int = 0
    """What the model said and no words of the document bear out."""
    calls: int = 0
    """Questions to the model."""
    reason: str = ""
    """Why it failed, waits, or left something out; empty otherwise."""
    updated_at: datetime | None = None
