"""The port `Readable`: what somebody may read, as row-level security has it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.capabilities.knowledge.model import Filter


class PostgresReadable:
    """Documents by who may read them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def documents(self, reader: UUID, only: Filter) -> frozenset[UUID]:
        """Give the documents that pass a filter and that somebody may read."""
        query = load_queries("passages.sql")["filter_documents"]
        values = {"owner": reader, **filter_values(only)}
        async with self._database.as_user(reader) as connection:
            cursor = await connection.execute(query, values)
            return frozenset(document for (document,) in await cursor.fetchall())


def filter_values(only: Filter) -> dict[str, Any]:
    """Give what `filter_documents` asks for, and `all`: nothing is filtered."""
    return {
        "all": only.is_empty,
        "source_type": only.source_type,
        "source": only.source,
        "tags": list(only.tags),
        "ids": list(only.document_ids) or None,
        "whose": only.whose,
        "since": only.since,
        "until": only.until,
    }
