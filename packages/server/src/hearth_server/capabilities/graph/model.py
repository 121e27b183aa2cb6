"""What a graph is made of: nodes, and edges between them that hold for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
