"""The graph in memory keeps the promises of its port."""

from __future__ import annotations

import pytest
from hearth_server.adapters.memory.graph import MemoryGraph
from hearth_server.testing.graphs import check_distances, check_graph, check_strangers

pytestmark = pytest.mark.unit


async def test_graph_conforms() -> None:
    await check_graph(MemoryGraph(), pytest.raises)


async def test_distances_conform() -> None:
    await check_distances(MemoryGraph())


async def test_strangers_meet_nothing() -> None:
    await check_strangers(MemoryGraph(), pytest.raises)
