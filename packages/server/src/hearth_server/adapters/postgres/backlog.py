"""The port `Backlog` over the one function that sees everybody's documents, by their ids."""

from __future__ import annotations

from uuid import UUID

from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.capabilities.knowledge.model import EmbedderInfo


class PostgresBacklog:
    """Documents that are behind."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_outdated(
        self, info: EmbedderInfo, *, after: UUID, limit: int
    ) -> list[tuple[UUID, UUID]]:
        """Give owner and id of ready documents that this embedder's vectors are missing of."""
        async with self._database.as_nobody() as connection:
            cursor = await connection.execute(
                load_queries("documents.sql")["find_outdated"],
                {"name": info.name, "dimension": info.dimension, "after": after, "limit": limit},
            )
            return [(owner, document_id) for owner, document_id in await cursor.fetchall()]
