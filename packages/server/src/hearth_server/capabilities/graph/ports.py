"""What a graph needs of a store. Every method sees the named owner's graph and no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from hearth_server.capabilities.graph.model import (
    Edge,
    Fact,
    NewEdge,
    NewFact,
    NewNode,
    Node,
    Reading,
    Subgraph,
)


class Graph(Protocol):
    """Things and relations by owner; every method may raise `GraphDownError`."""

    async def put_node(self, owner: UUID, node: NewNode, *, now: datetime) -> Node:
        """Store a thing, or give the one of that label and name; a note that is given is kept."""
        ...

    async def put_edge(self, owner: UUID, edge: NewEdge, *, now: datetime) -> Edge:
        """Store a relation that holds from now on, or give the one that holds already.

        Raises:
            NodeNotFoundError: an end is not there, or another's.
        """
        ...

    async def end_edge(self, owner: UUID, edge_id: UUID, *, now: datetime) -> bool:
        """End a relation; it stays as one that held. False where none holds by that id."""
        ...

    async def find_nodes(
        self, owner: UUID, *, label: str | None, text: str, limit: int
    ) -> tuple[Node, ...]:
        """Give things whose name has a text in it, in whatever case, by label and name."""
        ...

    async def around(self, owner: UUID, node_id: UUID, *, depth: int, limit: int) -> Subgraph:
        """Give a thing and what is at most `depth` holding relations away, in either direction.

        Raises:
            NodeNotFoundError: it is not there, or another's.
        """
        ...

    async def delete_node(self, owner: UUID, node_id: UUID) -> bool:
        """Delete a thing and every relation of it; False where there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What facts are looked for; everything that is given must hold."""

    words: tuple[str, ...] = ()
    """In lower case; a fact needs one of them, and comes the earlier the more it has."""
    node_id: UUID | None = None
    document_id: UUID | None = None
    at: datetime
    """The moment at which a fact must hold."""
    with_past: bool = False
    """Whether to give those too that do not hold at that moment."""


class Facts(Protocol):
    """Relations that documents tell of, by owner. Words stand in the document, or nothing does."""

    async def put(
        self, owner: UUID, document_id: UUID, facts: Sequence[NewFact], *, now: datetime
    ) -> int:
        """Store facts of a document with their words; repeating it changes nothing.

        Things that are known by one of the names are the same thing. A fact whose words do not
        stand in its passage, or no more, is left out: gives how many were stored. A later fact
        ends an earlier one where there is only one at a time.
        """
        ...

    async def search(self, owner: UUID, sought: Sought, *, limit: int) -> tuple[Fact, ...]:
        """Give facts, those that somebody noted too, with their words."""
        ...


class Readings(Protocol):
    """Which documents are read, by their owner; the words go with the document in any case."""

    async def request(self, owner: UUID, document_id: UUID) -> Reading:
        """Queue the reading of a document; one that waits or is at work begins anew.

        Raises:
            TextNotFoundError: no such document, or another's.
        """
        ...

    async def decline(self, owner: UUID, document_id: UUID) -> Reading:
        """Remove what was read, and let the document not be read from now on.

        Raises:
            TextNotFoundError: no such document, or another's.
        """
        ...

    async def get(self, owner: UUID, document_id: UUID) -> Reading:
        """Give how far it is.

        Raises:
            TextNotFoundError: no such document, or another's.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRun:
    """One worker's hold on the reading of one document; a later run makes it stale."""

    owner: UUID
    document_id: UUID
    number: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A passage of the document that is read."""

    ordinal: int
    text: str
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model said to one part of a document."""

    text: str
    is_readable: bool
    """Whether it has the shape that was asked for."""
    calls: int
    """How many questions it took."""


class ReadingRuns(Protocol):
    """What a worker writes while it reads a document."""

    async def start(self, owner: UUID, document_id: UUID) -> ReadingRun | None:
        """Take a reading over; None where there is nothing to do, or no text yet."""
        ...

    async def text(self, run: ReadingRun) -> tuple[TextPart, ...]:
        """Give the document's passages in order."""
        ...

    async def find_reply(self, run: ReadingRun, digest: str) -> Reply | None:
        """Give what was replied to a part before."""
        ...

    async def keep_reply(self, run: ReadingRun, digest: str, reply: Reply) -> None:
        """Keep a reply, so that no part is asked about twice; a stale run keeps nothing."""
        ...

    async def write(self, run: ReadingRun, reading: Reading) -> None:
        """Say how far it is, or that it ended; `facts` is counted anew.

        Raises:
            StaleReadingError: another run has taken it over, or its owner wants it no more.
        """
        ...


class Writer(Protocol):
    """A language model that fills in a form."""

    async def name(self) -> str:
        """Say which model it is.

        Raises:
            UnavailableError: it cannot be reached.
        """
        ...

    async def fill(
        self, turns: Sequence[tuple[str, str]], schema: Mapping[str, Any], *, max_tokens: int
    ) -> str:
        """Give the reply to some turns, (role, text) each; meant to fit the JSON Schema.

        Raises:
            ReaderRefusedError: it refuses; asking again would not help.
            UnavailableError: it does not answer, breaks off, or is too busy.
        """
        ...

    async def close(self) -> None:
        """Leave it; asking afterwards is a mistake."""
        ...
