"""The port `Graph` in PostgreSQL's own tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from hearth_server.adapters.postgres.pool import Connection, Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.capabilities.graph.errors import NodeNotFoundError
from hearth_server.capabilities.graph.model import Edge, NewEdge, NewNode, Node, Subgraph

_Row = tuple[Any, ...]


class PostgresGraph:
    """Nodes and edges by owner, each statement under row-level security."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries("graph.sql")

    async def put_node(self, owner: UUID, node: NewNode, *, now: datetime) -> Node:
        """Store a thing, or give the one of that label and name."""
        values = {
            "id": node.id,
            "label": node.label,
            "name": node.name,
            "note": node.note,
            "now": now,
        }
        async with self._database.as_user(owner) as connection:
            (row,) = await self._rows(connection, "put_node", owner, values)
        return _node(row)

    async def put_edge(self, owner: UUID, edge: NewEdge, *, now: datetime) -> Edge:
        """Store a relation that holds from now on, or give the one that holds already."""
        values = {
            "id": edge.id,
            "source": edge.source,
            "target": edge.target,
            "kind": edge.kind,
            "note": edge.note,
            "now": now,
        }
        async with self._database.as_user(owner) as connection:
            rows = await self._rows(connection, "put_edge", owner, values)
        if not rows:
            msg = f"relation `{edge.kind}`: one of its ends is not in your graph"
            raise NodeNotFoundError(msg)
        return _edge(rows[0])

    async def end_edge(self, owner: UUID, edge_id: UUID, *, now: datetime) -> bool:
        """End a relation; it stays as one that held."""
        async with self._database.as_user(owner) as connection:
            return bool(
                await self._rows(connection, "end_edge", owner, {"id": edge_id, "now": now})
            )

    async def find_nodes(
        self, owner: UUID, *, label: str | None, text: str, limit: int
    ) -> tuple[Node, ...]:
        """Give things whose name has a text in it."""
        values = {"label": label, "text": text, "limit": limit}
        async with self._database.as_user(owner) as connection:
            return tuple(map(_node, await self._rows(connection, "find_nodes", owner, values)))

    async def around(self, owner: UUID, node_id: UUID, *, depth: int, limit: int) -> Subgraph:
        """Give a thing and what is near it."""
        values = {"id": node_id, "depth": depth, "limit": limit + 1}
        async with self._database.as_user(owner, frozen=True) as connection:
            nodes = tuple(map(_node, await self._rows(connection, "around", owner, values)))
            if not nodes:
                msg = f"node `{node_id}`: is not in your graph"
                raise NodeNotFoundError(msg)
            ids = [node.id for node in nodes[:limit]]
            edges = await self._rows(connection, "edges_between", owner, {"ids": ids})
        return Subgraph(
            nodes=nodes[:limit], edges=tuple(map(_edge, edges)), is_cut=len(nodes) > limit
        )

    async def delete_node(self, owner: UUID, node_id: UUID) -> bool:
        """Delete a thing and every relation of it."""
        async with self._database.as_user(owner) as connection:
            return bool(await self._rows(connection, "delete_node", owner, {"id": node_id}))

    async def _rows(
        self, connection: Connection, query: str, owner: UUID, values: Mapping[str, Any]
    ) -> list[_Row]:
        cursor = await connection.execute(self._queries[query], {"owner": owner, **values})
        return await cursor.fetchall()


def _node(row: _Row) -> Node:
    node_id, label, name, note, created_at, updated_at = row
    return Node(
        id=node_id,
        label=label,
        name=name,
        note=note,
        created_at=created_at,
        updated_at=updated_at,
    )


def _edge(row: _Row) -> Edge:
    edge_id, source, target, kind, note, valid_from, valid_to = row
    return Edge(
        id=edge_id,
        source=source,
        target=target,
        kind=kind,
        note=note,
        valid_from=valid_from,
        valid_to=valid_to,
    )
