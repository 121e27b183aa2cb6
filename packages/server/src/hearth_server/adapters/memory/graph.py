"""The port `Graph` in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from hearth_server.capabilities.graph.errors import NodeNotFoundError
from hearth_server.capabilities.graph.model import Edge, NewEdge, NewNode, Node, Subgraph


class MemoryGraph:
    """Keeps graphs as long as it lives."""

    def __init__(self) -> None:
        self._nodes: dict[UUID, dict[UUID, Node]] = {}
        self._edges: dict[UUID, dict[UUID, Edge]] = {}

    async def put_node(self, owner: UUID, node: NewNode, *, now: datetime) -> Node:
        """Store a thing, or give the one of that label and name."""
        mine = self._nodes.setdefault(owner, {})
        for there in mine.values():
            if (there.label, there.name) == (node.label, node.name):
                if node.note not in {"", there.note}:
                    mine[there.id] = replace(there, note=node.note, updated_at=now)
                return mine[there.id]
        made = Node(
            id=node.id,
            label=node.label,
            name=node.name,
            note=node.note,
            created_at=now,
            updated_at=now,
        )
        mine[made.id] = made
        return made

    async def put_edge(self, owner: UUID, edge: NewEdge, *, now: datetime) -> Edge:
        """Store a relation that holds from now on, or give the one that holds already."""
        nodes = self._nodes.get(owner, {})
        if edge.source not in nodes or edge.target not in nodes:
            msg = f"relation `{edge.kind}`: one of its ends is not in your graph"
            raise NodeNotFoundError(msg)
        mine = self._edges.setdefault(owner, {})
        wanted = (edge.source, edge.kind, edge.target, None)
        for there in mine.values():
            if (there.source, there.kind, there.target, there.valid_to) == wanted:
                mine[there.id] = replace(there, note=edge.note or there.note)
                return mine[there.id]
        made = Edge(
            id=edge.id,
            source=edge.source,
            target=edge.target,
            kind=edge.kind,
            note=edge.note,
            valid_from=now,
            valid_to=None,
        )
        mine[made.id] = made
        return made

    async def end_edge(self, owner: UUID, edge_id: UUID, *, now: datetime) -> bool:
        """End a relation; it stays as one that held."""
        mine = self._edges.get(owner, {})
        there = mine.get(edge_id)
        if there is None or there.valid_to is not None:
            return False
        mine[edge_id] = replace(there, valid_to=max(now, there.valid_from))
        return True

    async def find_nodes(
        self, owner: UUID, *, label: str | None, text: str, limit: int
    ) -> tuple[Node, ...]:
        """Give things whose name has a text in it."""
        found = [
            node
            for node in self._nodes.get(owner, {}).values()
            if label in {None, node.label} and text.lower() in node.name.lower()
        ]
        return tuple(sorted(found, key=lambda node: (node.label, node.name))[:limit])

    async def around(self, owner: UUID, node_id: UUID, *, depth: int, limit: int) -> Subgraph:
        """Give a thing and what is near it."""
        nodes = self._nodes.get(owner, {})
        if node_id not in nodes:
            msg = f"node `{node_id}`: is not in your graph"
            raise NodeNotFoundError(msg)
        holding = [each for each in self._edges.get(owner, {}).values() if each.valid_to is None]
        distances = {node_id: 0}
        for distance in range(1, depth + 1):
            for edge in holding:
                for end, other in ((edge.source, edge.target), (edge.target, edge.source)):
                    if distances.get(end) == distance - 1:
                        distances.setdefault(other, distance)
        near = sorted(
            (nodes[each] for each in distances),
            key=lambda node: (distances[node.id], node.label, node.name),
        )
        chosen = {node.id for node in near[:limit]}
        edges = [each for each in holding if {each.source, each.target} <= chosen]
        return Subgraph(
            nodes=tuple(near[:limit]),
            edges=tuple(sorted(edges, key=lambda edge: edge.id)),
            is_cut=len(near) > limit,
        )

    async def delete_node(self, owner: UUID, node_id: UUID) -> bool:
        """Delete a thing and every relation of it."""
        if self._nodes.get(owner, {}).pop(node_id, None) is None:
            return False
        mine = self._edges.get(owner, {})
        for edge in [each for each in mine.values() if node_id in {each.source, each.target}]:
            del mine[edge.id]
        return True
