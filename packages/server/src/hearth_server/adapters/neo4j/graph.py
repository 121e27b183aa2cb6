"""The port `Graph` in Neo4j."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from hearth_kit.secret import Secret
from neo4j import AsyncDriver, AsyncGraphDatabase, NotificationMinimumSeverity, RoutingControl
from neo4j.exceptions import DriverError, Neo4jError

from hearth_server.adapters.neo4j import queries
from hearth_server.adapters.neo4j.calls import Calls
from hearth_server.capabilities.graph.errors import GraphDownError, NodeNotFoundError
from hearth_server.capabilities.graph.model import Edge, NewEdge, NewNode, Node, Subgraph

HINT: Final = "hearth status neo4j"
_PATIENCE_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 2.0


class Neo4jGraph:
    """Nodes and edges by owner; opens no connection before it is asked."""

    def __init__(self, url: str, *, user: str, password: Secret | None) -> None:
        auth = (user, password.reveal()) if password else None
        self._driver: AsyncDriver = AsyncGraphDatabase.driver(
            url,
            auth=auth,
            connection_timeout=_PATIENCE_SECONDS,
            connection_acquisition_timeout=_PATIENCE_SECONDS,
            max_transaction_retry_time=_RETRY_SECONDS,
            # A store that is new knows no `valid_to` yet, and says so at each query.
            notifications_min_severity=NotificationMinimumSeverity.OFF,
            telemetry_disabled=True,
        )
        self._calls = Calls()
        self._preparing = asyncio.Lock()
        self._is_prepared = False

    async def close(self) -> None:
        """Close every connection."""
        await self._calls.end()
        await self._driver.close()

    async def ready(self) -> None:
        """Answer when the graph does.

        Raises:
            GraphDownError: it does not.
        """
        with _mapped():
            await self._calls.run(self._driver.verify_connectivity())

    async def put_owner(self, owner: UUID) -> None:
        """Make what a person's graph hangs on, or find it; nothing of theirs is made.

        Raises:
            GraphDownError: the graph does not answer.
        """
        await self._write(queries.PUT_OWNER, owner, {})

    async def put_node(self, owner: UUID, node: NewNode, *, now: datetime) -> Node:
        """Store a thing, or give the one of that label and name."""
        values = {
            "id": str(node.id),
            "label": node.label,
            "name": node.name,
            "note": node.note,
            "now": now,
        }
        (row,) = await self._write(queries.PUT_NODE, owner, values)
        return _node(row["node"])

    async def put_edge(self, owner: UUID, edge: NewEdge, *, now: datetime) -> Edge:
        """Store a relation that holds from now on, or give the one that holds already."""
        values = {
            "id": str(edge.id),
            "source": str(edge.source),
            "target": str(edge.target),
            "kind": edge.kind,
            "note": edge.note,
            "now": now,
        }
        rows = await self._write(queries.PUT_EDGE, owner, values)
        if not rows:
            msg = f"relation `{edge.kind}`: one of its ends is not in your graph"
            raise NodeNotFoundError(msg)
        return _edge(rows[0]["edge"])

    async def end_edge(self, owner: UUID, edge_id: UUID, *, now: datetime) -> bool:
        """End a relation; it stays as one that held."""
        (row,) = await self._write(queries.END_EDGE, owner, {"id": str(edge_id), "now": now})
        return bool(row["changed"])

    async def find_nodes(
        self, owner: UUID, *, label: str | None, text: str, limit: int
    ) -> tuple[Node, ...]:
        """Give things whose name has a text in it."""
        values = {"label": label, "text": text, "limit": limit}
        rows = await self._read(queries.FIND_NODES, owner, values)
        return tuple(_node(row["node"]) for row in rows)

    async def around(self, owner: UUID, node_id: UUID, *, depth: int, limit: int) -> Subgraph:
        """Give a thing and what is near it, a query a step, so that no step leaves the owner's."""
        rows = await self._read(queries.GET_NODE, owner, {"id": str(node_id)})
        if not rows:
            msg = f"node `{node_id}`: is not in your graph"
            raise NodeNotFoundError(msg)
        nodes = [_node(rows[0]["node"])]
        frontier = nodes
        for _ in range(depth):
            if not frontier or len(nodes) > limit:
                break
            values = {
                "frontier": [str(node.id) for node in frontier],
                "seen": [str(node.id) for node in nodes],
                "limit": limit + 1 - len(nodes),
            }
            rows = await self._read(queries.NEXT_TO, owner, values)
            frontier = [_node(row["node"]) for row in rows]
            nodes += frontier
        chosen = nodes[:limit]
        edges = await self._read(
            queries.EDGES_BETWEEN, owner, {"ids": [str(node.id) for node in chosen]}
        )
        return Subgraph(
            nodes=tuple(chosen),
            edges=tuple(_edge(row["edge"]) for row in edges),
            is_cut=len(nodes) > limit,
        )

    async def delete_node(self, owner: UUID, node_id: UUID) -> bool:
        """Delete a thing and every relation of it."""
        (row,) = await self._write(queries.DELETE_NODE, owner, {"id": str(node_id)})
        return bool(row["changed"])

    async def look(
        self, query: LiteralString, owner: UUID, values: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Run a query that only reads and begins at `$owner`.

        Raises:
            GraphDownError: the graph does not answer.
        """
        return await self._read(query, owner, values)

    async def _prepare(self) -> None:
        async with self._preparing:
            if not self._is_prepared:
                for statement in queries.SCHEMA:
                    await self._calls.run(self._driver.execute_query(statement))
                self._is_prepared = True

    async def _write(
        self, query: LiteralString, owner: UUID, values: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        with _mapped():
            if not self._is_prepared:
                await self._prepare()
            return await self._run(query, owner, values, RoutingControl.WRITE)

    async def _read(
        self, query: LiteralString, owner: UUID, values: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        with _mapped():
            return await self._run(query, owner, values, RoutingControl.READ)

    async def _run(
        self,
        query: LiteralString,
        owner: UUID,
        values: Mapping[str, Any],
        routing: RoutingControl,
    ) -> list[dict[str, Any]]:
        asked = {"owner": str(owner), **values}
        call = self._driver.execute_query(query, asked, routing_=routing)
        result = await self._calls.run(call)
        return [record.data() for record in result.records]


@contextmanager
def _mapped() -> Generator[None]:
    try:
        yield
    except (DriverError, Neo4jError, OSError) as error:
        msg = "neo4j: does not answer"
        raise GraphDownError(msg, hint=HINT) from error


def _node(row: Mapping[str, Any]) -> Node:
    return Node(
        id=UUID(row["id"]),
        label=row["label"],
        name=row["name"],
        note=row["note"],
        created_at=_time(row["created_at"]),
        updated_at=_time(row["updated_at"]),
    )


def _edge(row: Mapping[str, Any]) -> Edge:
    return Edge(
        id=UUID(row["id"]),
        source=UUID(row["source"]),
        target=UUID(row["target"]),
        kind=row["kind"],
        note=row["note"],
        valid_from=_time(row["valid_from"]),
        valid_to=_time(row["valid_to"]) if row["valid_to"] else None,
    )


def _time(value: Any) -> datetime:  # noqa: ANN401  the driver's own type of time
    native: datetime = value.to_native()
    return native.astimezone(UTC)
