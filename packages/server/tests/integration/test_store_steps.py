"""What is set up for a person in the stores, and what is told of one that does not answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hearth_kit.clock import ManualClock
from hearth_kit.ids import uuid7
from hearth_kit.secret import Secret
from hearth_server.adapters.memory.objects import MemoryObjects
from hearth_server.adapters.memory.provisioning import MemoryProvisioning
from hearth_server.adapters.mongodb.vectors import open_mongodb
from hearth_server.adapters.neo4j.graph import Neo4jGraph
from hearth_server.adapters.postgres.graph import PostgresGraph
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.qdrant.vectors import QdrantVectors
from hearth_server.assembly.steps import store_steps
from hearth_server.assembly.stores import OpenGraph
from hearth_server.capabilities.identity.model import Person
from hearth_server.capabilities.identity.provisioning import Provisioner
from hearth_server.principal import Role
from qdrant_client import AsyncQdrantClient

pytestmark = pytest.mark.integration

ADA = Person(id=uuid7(), email="ada@example.org", role=Role.USER)


async def test_store_that_is_down_is_told_and_tried_again(database: Database) -> None:
    neo4j = Neo4jGraph("bolt://127.0.0.1:1", user="neo4j", password=Secret("a-long-password"))
    graph = OpenGraph(graph=neo4j, put_owner=neo4j.put_owner)
    soon = timedelta(milliseconds=300)
    index = open_mongodb(Secret("mongodb://127.0.0.1:1/"), "hearth", patience=soon)
    clock = ManualClock()
    steps = store_steps(MemoryObjects(), graph, index)
    records = MemoryProvisioning()
    provisioner = Provisioner(records, steps, clock=clock)
    due = await provisioner.run_due(ADA)
    assert due == clock.now() + timedelta(seconds=2)
    states = {each.name: each for each in await provisioner.states(ADA.id)}
    assert {name: (each.state, each.reason) for name, each in states.items()} == {
        "objects": ("done", ""),
        "graph": ("failed", "neo4j: does not answer"),
        "vectors": ("failed", "mongodb: does not answer as it should"),
    }
    clock.advance(timedelta(seconds=2))
    healed = store_steps(
        MemoryObjects(),
        OpenGraph(graph=PostgresGraph(database), put_owner=_found),
        QdrantVectors(AsyncQdrantClient(":memory:")),
    )
    again = Provisioner(records, healed, clock=clock)
    assert await again.run_due(ADA) is None
    assert [(each.name, each.state, each.attempts) for each in await again.states(ADA.id)] == [
        ("objects", "done", 1),
        ("graph", "done", 2),
        ("vectors", "done", 2),
    ]
    await neo4j.close()
    await index.close()


async def _found(_owner: object) -> None:
    return


def test_embedded_set_needs_a_prefix_alone(database: Database) -> None:
    steps = store_steps(MemoryObjects(), OpenGraph(graph=PostgresGraph(database)), None)
    assert [each.name for each in steps] == ["objects"]
