"""Two stores of graphs seen as one: what is noted in the first, what documents tell in the second.

Facts stand beside the documents that they stand on, so that both go in one transaction; where what
people note is kept elsewhere, this shows both.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hearth_server.capabilities.graph.errors import NodeNotFoundError
from hearth_server.capabilities.graph.model import Edge, NewEdge, NewNode, Node, Subgraph
from hearth_server.capabilities.graph.ports import Graph


class JoinedGraph:
    """The port `Graph` over two; everything new goes into the first."""

    def __init__(self, noted: Graph, told: Graph) -> None:
        self._noted = noted
        self._told = told

    async def put_node(self, owner: UUID, node: NewNode, *, now: datetime) -> Node:
        """Store a thing, or give the one of that label and name."""
        return await self._noted.put_node(owner, node, now=now)

    async def put_edge(self, owner: UUID, edge: NewEdge, *, now: datetime) -> Edge:
        """Store a relation that holds from now on, or give the one that holds already."""
        return await self._noted.put_edge(owner, edge, now=now)

    async def end_edge(self, owner: UUID, edge_id: UUID, *, now: datetime) -> bool:
        """End a relation, whichever store has it."""
        return await self._noted.end_edge(owner, edge_id, now=now) or await self._told.end_edge(
            owner, edge_id, now=now
        )

    async def find_nodes(
        self, owner: UUID, *, label: str | None, text: str, limit: int
    ) -> tuple[Node, ...]:
        """Give things of both, by label and name."""
        found = [
            *await self._noted.find_nodes(owner, label=label, text=text, limit=limit),
            *await self._told.find_nodes(owner, label=label, text=text, limit=limit),
        ]
        return tuple(sorted(found, key=lambda node: (node.label, node.name))[:limit])

    async def around(self, owner: UUID, node_id: UUID, *, depth: int, limit: int) -> Subgraph:
        """Give a thing and what is near it in the store that has it."""
        try:
            return await self._noted.around(owner, node_id, depth=depth, limit=limit)
        except NodeNotFoundError:
            return await self._told.around(owner, node_id, depth=depth, limit=limit)

    async def delete_node(self, owner: UUID, node_id: UUID) -> bool:
        """Delete a thing, whichever store has it."""
        return await self._noted.delete_node(owner, node_id) or await self._told.delete_node(
            owner, node_id
        )
