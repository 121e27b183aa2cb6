"""Graphs in a real PostgreSQL keep the promises of their port."""

from __future__ import annotations

import psycopg
import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.postgres.graph import PostgresGraph
from hearth_server.adapters.postgres.pool import Database
from hearth_server.testing.graphs import add, check_distances, check_graph, check_strangers
from hearth_server.testing.postgres import Urls

pytestmark = pytest.mark.integration


@pytest.fixture
def graph(database: Database) -> PostgresGraph:
    return PostgresGraph(database)


async def test_graph_conforms(graph: PostgresGraph) -> None:
    await check_graph(graph, pytest.raises)


async def test_distances_conform(graph: PostgresGraph) -> None:
    await check_distances(graph)


async def test_strangers_meet_nothing(graph: PostgresGraph) -> None:
    await check_strangers(graph, pytest.raises)


async def test_database_itself_refuses_a_relation_between_two_people(
    graph: PostgresGraph, urls: Urls
) -> None:
    """Even for who is bound by no policy: the edge's owner must be that of both ends."""
    ada, bob = uuid7(), uuid7()
    hers, his = await add(graph, ada, "one"), await add(graph, bob, "two")
    with (
        psycopg.connect(urls.admin.reveal()) as connection,
        pytest.raises(psycopg.errors.ForeignKeyViolation),
    ):
        connection.execute(
            "insert into graph.edges (id, owner, source, target, kind, valid_from)"
            " values (%s, %s, %s, %s, 'knows', now())",
            (uuid7(), ada, hers.id, his.id),
        )
