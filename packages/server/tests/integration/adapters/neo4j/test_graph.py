"""Graphs in a real Neo4j: its community edition out of Maven Central, or the server that
`HEARTH_TEST_NEO4J_URL` names, which must need no password.
"""

from __future__ import annotations

import asyncio
import gc
import re
import warnings
from collections.abc import AsyncIterator, Iterator

import pytest
from hearth_kit.ids import uuid7
from hearth_kit.secret import Secret
from hearth_server.adapters.memory.objects import MemoryObjects
from hearth_server.adapters.neo4j import queries
from hearth_server.adapters.neo4j.graph import Neo4jGraph
from hearth_server.adapters.neo4j.rows import Neo4jRows
from hearth_server.assembly.steps import store_steps
from hearth_server.assembly.stores import OpenGraph
from hearth_server.capabilities.graph.errors import GraphDownError
from hearth_server.capabilities.identity.model import Person
from hearth_server.principal import Role
from hearth_server.testing.graphs import check_distances, check_graph, check_strangers
from hearth_server.testing.looks import check_rows
from lab.absent import store_at
from lab.stores import running_neo4j

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with store_at("HEARTH_TEST_NEO4J_URL", running_neo4j) as address:
        yield address


@pytest.fixture
async def graph(url: str) -> AsyncIterator[Neo4jGraph]:
    opened = Neo4jGraph(url, user="neo4j", password=None)
    yield opened
    await opened.close()


async def test_graph_conforms(graph: Neo4jGraph) -> None:
    await graph.ready()
    await check_graph(graph, pytest.raises)


async def test_distances_conform(graph: Neo4jGraph) -> None:
    await check_distances(graph)


async def test_strangers_meet_nothing(graph: Neo4jGraph) -> None:
    await check_strangers(graph, pytest.raises)


async def test_rows_conform(graph: Neo4jGraph) -> None:
    await check_rows(Neo4jRows(graph), graph)


OF_THINGS = {
    name: text
    for name, text in vars(queries).items()
    if isinstance(text, str) and ":Thing" in text and name.isupper()
}


@pytest.mark.parametrize("name", OF_THINGS)
def test_every_thing_hangs_on_its_owner(name: str) -> None:
    """A pattern for a thing that does not lead to the owner would read another's."""
    text = OF_THINGS[name]
    assert ":User {id: $owner}" in text
    named = set(re.findall(r"\((\w+):Thing\b", text))
    owned = set(re.findall(r"\[:OWNS\]->\((\w+)", text))
    owned |= set(re.findall(r"\((\w+)(?::Thing)?\)<-\[:OWNS\]-\(u\)", text))
    assert named <= owned


async def test_owner_is_made_once(graph: Neo4jGraph) -> None:
    """By the step that sets a person up, however often it is repeated."""
    _, step = store_steps(MemoryObjects(), OpenGraph(graph=graph, put_owner=graph.put_owner), None)
    person = Person(id=uuid7(), email="ada@example.org", role=Role.USER)
    assert [await step.provision(person) for _ in range(2)] == [str(person.id)] * 2
    rows = await graph.look("MATCH (u:User {id: $owner}) RETURN count(u) AS n", person.id, {})
    assert rows == [{"n": 1}]


async def test_who_goes_away_leaves_no_connection_open(url: str) -> None:
    """However far the driver had come: it had begun to connect, was connected, had asked."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        for milliseconds in (0.5, 1, 2, 3, 5, 8, 12, 20):
            graph = Neo4jGraph(url, user="neo4j", password=None)
            leaving = asyncio.create_task(graph.put_owner(uuid7()))
            await asyncio.sleep(milliseconds / 1_000)
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            await graph.close()
        del graph, leaving
        gc.collect()
    assert [str(each.message) for each in told] == []


async def test_silent_server_is_named() -> None:
    graph = Neo4jGraph("bolt://127.0.0.1:1", user="neo4j", password=Secret("a-long-password"))
    with pytest.raises(GraphDownError) as caught:
        await graph.find_nodes(uuid7(), label=None, text="", limit=1)
    assert str(caught.value) == "neo4j: does not answer"
    assert caught.value.hint == "hearth status neo4j"
    assert "a-long-password" not in repr(caught.value.__cause__)
    await graph.close()
