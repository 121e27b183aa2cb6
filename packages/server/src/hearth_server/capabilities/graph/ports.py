"""What a graph needs of a store. Every method sees the named owner's graph and no other."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from hearth_server.capabilities.graph.model import Edge, NewEdge, NewNode, Node, Subgraph


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
