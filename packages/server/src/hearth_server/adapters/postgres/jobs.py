"""The durable queue: procrastinate on the same database, so a job commits with its document."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued

from hearth_server.adapters.postgres.pool import Connection

INGEST_QUEUE: Final = "ingest"
INGEST_TASK: Final = "knowledge.ingest_document"
DISCARD_TASK: Final = "knowledge.discard_object"
_LAST: Final = -10
"""Priority of what waits for everything else, which has 0."""
INDEX_TASK: Final = "code.index_repository"
FACTS_QUEUE: Final = "facts"
FACTS_TASK: Final = "graph.read_facts"


def new_job_app() -> procrastinate.App:
    """Make the queue's handle. A worker opens it with its pool and registers the tasks."""
    return procrastinate.App(connector=procrastinate.PsycopgConnector())


class Jobs:
    """Puts jobs into the queue within the caller's transaction."""

    def __init__(self, app: procrastinate.App) -> None:
        self._app = app

    async def ingest(
        self, connection: Connection, owner: UUID, document_id: UUID, *, is_last: bool = False
    ) -> None:
        """Queue the ingestion of a document, unless it waits in the queue already.

        Two jobs of one document never run at the same time. With `is_last` it waits for every
        other.
        """
        name = f"document:{document_id}"
        try:
            async with connection.transaction():
                await self._defer(
                    connection,
                    INGEST_TASK,
                    name,
                    {"owner": str(owner), "document_id": str(document_id)},
                    priority=_LAST if is_last else 0,
                )
        except AlreadyEnqueued:
            return

    async def read(self, connection: Connection, owner: UUID, document_id: UUID) -> None:
        """Queue the reading of a document for facts, unless it waits in the queue already."""
        name = f"facts:{document_id}"
        arguments = {"owner": str(owner), "document_id": str(document_id)}
        try:
            async with connection.transaction():
                await self._defer(connection, FACTS_TASK, name, arguments, queue=FACTS_QUEUE)
        except AlreadyEnqueued:
            return

    async def index(self, connection: Connection, owner: UUID, repository_id: UUID) -> None:
        """Queue the indexing of a repository, unless it waits in the queue already."""
        name = f"repository:{repository_id}"
        arguments = {"owner": str(owner), "repository_id": str(repository_id)}
        try:
            async with connection.transaction():
                await self._defer(connection, INDEX_TASK, name, arguments)
        except AlreadyEnqueued:
            return

    async def discard(self, connection: Connection, object_key: str) -> None:
        """Queue the removal of an original."""
        await self._defer(connection, DISCARD_TASK, f"object:{object_key}", {"key": object_key})

    async def _defer(
        self,
        connection: Connection,
        task: str,
        lock: str,
        arguments: dict[str, str],
        *,
        queue: str = INGEST_QUEUE,
        priority: int = 0,
    ) -> None:
        deferrer = self._app.configure_task(
            task,
            queue=queue,
            lock=lock,
            queueing_lock=lock,
            priority=priority,
            connection=connection,
        )
        await deferrer.defer_async(**arguments)
