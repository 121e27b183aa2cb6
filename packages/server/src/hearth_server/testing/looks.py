"""What every adapter of the port `Rows` must do, tried on the rows of a graph."""
# ruff: noqa: S101  to assert is what a check does

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from hearth_kit.ids import uuid7

from hearth_server.capabilities.data.collections import EDGES, NODES
from hearth_server.capabilities.data.model import Collection, Query, Row
from hearth_server.capabilities.data.ports import Rows
from hearth_server.capabilities.data.rules import make_cursor, read_query, select
from hearth_server.capabilities.graph.model import NewEdge, NewNode
from hearth_server.capabilities.graph.ports import Graph
from hearth_server.testing.graphs import NOW

NAMES = ("a", "A", "b", "B", "ä", "ab", "a b", "100%", "it's", "_x", "河", "zz")
FILTERS = (
    "name:eq:a", "name:ne:a", "name:lt:b", "name:gte:b", "name:contains:A", "name:contains:%",
    "name:contains:'", "label:eq:odd", "note:eq:", "created_at:gt:2026-05-01T12:00:03+00:00",
    "created_at:lte:2026-05-01T14:00:03+02:00", "id:eq:00000000-0000-0000-0000-000000000000",
)  # fmt: skip


async def check_rows(rows: Rows, graph: Graph) -> None:
    """Check that order, pages and filters are those of `rules.select`, and whose rows come."""
    ada, bob = uuid7(), uuid7()
    for owner in (ada, bob):
        await _fill(graph, owner)
    every = await rows.page(ada, _query(NODES, "", limit=99))
    assert {row["name"] for row in every} == set(NAMES)
    assert all(set(row) == {each.name for each in NODES.columns} for row in every)
    for column in NODES.columns:
        for sort in (column.name, f"-{column.name}"):
            assert await _walk(rows, ada, sort) == select(every, _query(NODES, sort, limit=99)), (
                sort
            )
    for text in FILTERS:
        query = _query(NODES, "name", text, limit=99)
        assert await rows.page(ada, query) == select(every, query), text
    both = _query(NODES, "-name", "label:eq:odd", "name:contains:a", limit=99)
    assert await rows.page(ada, both) == select(every, both)
    await _check_one(rows, ada, bob, every)
    edges = await rows.page(ada, _query(EDGES, "", limit=99))
    assert len(edges) == len(NAMES) - 1
    assert all(row["valid_to"] is None and row["kind"] == "next" for row in edges)
    ids = {row["id"] for row in every}
    assert all({row["source"], row["target"]} <= ids for row in edges)


async def _check_one(rows: Rows, ada: UUID, bob: UUID, every: Any) -> None:  # noqa: ANN401
    assert await rows.find(ada, NODES, every[3]["id"]) == every[3]
    assert await rows.find(bob, NODES, every[3]["id"]) is None
    assert await rows.find(ada, NODES, uuid7()) is None
    strange = _query(NODES, "", f"id:eq:{every[3]['id']}", limit=9)
    assert await rows.page(bob, strange) == []
    assert await rows.page(uuid7(), _query(NODES, "", limit=9)) == []


async def _fill(graph: Graph, owner: UUID) -> None:
    before: UUID | None = None
    for number, name in enumerate(NAMES):
        node = NewNode(id=uuid7(), label="odd" if number % 2 else "even", name=name)
        # Pairs of one time: the key must tell their order.
        made = await graph.put_node(owner, node, now=NOW + timedelta(seconds=number // 2))
        if before is not None:
            edge = NewEdge(id=uuid7(), source=before, target=made.id, kind="next")
            await graph.put_edge(owner, edge, now=NOW)
        before = made.id


def _query(collection: Collection, sort: str, *filters: str, limit: int, cursor: str = "") -> Query:
    return read_query(collection, filters=filters, sort=sort, limit=limit, cursor=cursor)


async def _walk(rows: Rows, owner: UUID, sort: str) -> list[Row]:
    found: list[Row] = []
    cursor = ""
    while True:
        query = _query(NODES, sort, limit=5, cursor=cursor)
        page = await rows.page(owner, query)
        found += page
        if len(page) < query.limit:
            return found
        cursor = make_cursor(query, page[-1])
