"""What `/health/ready` asks: each store that is in use, by a name of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from hearth_server.adapters.postgres.identity import check_schema
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.vector_check import check_vectors
from hearth_server.assembly.knowledge import Knowledge
from hearth_server.assembly.stores import OpenGraph

Check = Callable[[], Awaitable[None]]


def assemble_checks(database: Database, knowledge: Knowledge, graph: OpenGraph) -> dict[str, Check]:
    """Give a check for each store; the graph has one where it is not in the database."""

    async def check_objects() -> None:
        await knowledge.objects.list_keys("probe/")

    async def ask_database() -> None:
        await check_vectors(database)

    checks: dict[str, Check] = {
        "objects": check_objects,
        "postgres": database.ready,
        "schema": lambda: check_schema(database),
        "vectors": ask_database if knowledge.index is None else knowledge.index.ready,
    }
    if graph.check is not None:
        checks["graph"] = graph.check
    return checks
