"""The ports of code on a real PostgreSQL, by the suite that every adapter of them passes."""

from __future__ import annotations

import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.postgres.code import PostgresCodeGraph, PostgresIndexRuns
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.pool import Database
from hearth_server.testing.code_graphs import check_code, check_runs, check_strangers

pytestmark = pytest.mark.integration


async def test_code_graph_conforms(database: Database) -> None:
    graph = PostgresCodeGraph(database, Jobs(new_job_app()))
    runs = PostgresIndexRuns(database)
    await check_code(graph, runs, uuid7())
    await check_runs(graph, runs, uuid7(), pytest.raises)
    await check_strangers(graph, runs, (uuid7(), uuid7()), pytest.raises)
