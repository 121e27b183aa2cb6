"""Two graphs seen as one keep what the port promises."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.memory.graph import MemoryGraph
from hearth_server.capabilities.graph.joined import JoinedGraph
from hearth_server.testing.graphs import add, check_distances, check_graph, check_strangers, join

pytestmark = pytest.mark.unit

NOW = datetime(2026, 5, 2, tzinfo=UTC)


async def test_joined_graph_conforms() -> None:
    graph = JoinedGraph(MemoryGraph(), MemoryGraph())
    await check_graph(graph, pytest.raises)
    await check_distances(graph)
    await check_strangers(graph, pytest.raises)


async def test_what_stands_in_the_second_is_found_walked_ended_and_deleted() -> None:
    owner, told = uuid7(), MemoryGraph()
    graph = JoinedGraph(MemoryGraph(), told)
    await add(graph, owner, "Noted")
    ada, rome = await add(told, owner, "Ada"), await add(told, owner, "Rome")
    edge = await join(told, owner, ada, "lives_in", rome)
    found = await graph.find_nodes(owner, label=None, text="", limit=2)
    assert [node.name for node in found] == ["Ada", "Noted"]
    near = await graph.around(owner, ada.id, depth=1, limit=9)
    assert [node.name for node in near.nodes] == ["Ada", "Rome"]
    assert await graph.end_edge(owner, edge.id, now=NOW)
    assert not await graph.end_edge(owner, edge.id, now=NOW)
    assert await graph.delete_node(owner, ada.id)
    assert not await graph.delete_node(owner, ada.id)
