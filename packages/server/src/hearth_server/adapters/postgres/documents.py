"""Documents in PostgreSQL: what a person sees of them, each query bound to its owner twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation

from hearth_server.adapters.postgres.jobs import Jobs
from hearth_server.adapters.postgres.pool import Connection, Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.capabilities.knowledge.errors import DocumentNotFoundError, DocumentStateError
from hearth_server.capabilities.knowledge.model import (
    PIPELINE_VERSION,
    REPLACED,
    Document,
    DocumentPage,
    DocumentSort,
    EmbedderInfo,
    Filter,
    NewDocument,
    Source,
    Sources,
    Stage,
    Status,
    Visibility,
)


class PostgresDocuments:
    """The port `Documents`; row-level security repeats what each query says."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs
        self._queries = load_queries("documents.sql")

    async def add(self, owner: UUID, document: NewDocument) -> tuple[Document, bool]:
        """Store a new document and its job in one transaction; the same bytes are stored once."""
        values = {**asdict(document), "owner": owner, "pipeline": PIPELINE_VERSION}
        values["tags"] = list(document.tags)
        async with self._database.as_user(owner) as connection:
            if document.source_type in REPLACED:
                replaced = await self._replace(connection, owner, values)
                if replaced:
                    return await self._get(connection, owner, replaced), True
            added = await self._row(connection, "add_document", values)
            if added:
                await self._jobs.ingest(connection, owner, document.id)
                return await self._get(connection, owner, document.id), True
            found = await self._row(connection, "find_same", values)
            if found is None:
                msg = (
                    f"document `{document.title}`: was deleted at the same moment, upload it again"
                )
                raise DocumentStateError(msg)
            if found[1] in {Status.FAILED, Status.CANCELLED}:
                await self._requeue(connection, owner, found[0])
            return await self._get(connection, owner, found[0]), False

    async def get(self, owner: UUID, document_id: UUID) -> Document:
        """Give one document."""
        async with self._database.as_user(owner) as connection:
            return await self._get(connection, owner, document_id)

    async def find_original(self, owner: UUID, document_id: UUID) -> str:
        """Give the key of the original of a document that somebody may read."""
        async with self._database.as_user(owner) as connection:
            values = {"owner": owner, "id": document_id}
            row = await self._row(connection, "find_original", values)
        if row is None:
            raise _missing(document_id)
        return str(row[0])

    async def list_page(
        self,
        owner: UUID,
        *,
        status: Status | None,
        text: str | None,
        only: Filter,
        sort: DocumentSort,
        limit: int,
        offset: int,
    ) -> DocumentPage:
        """Give some documents and the number of all that match."""
        values = {
            "owner": owner,
            "status": status,
            "text": text,
            "source_type": only.source_type,
            "tags": list(only.tags),
            "whose": only.whose,
            "sort": sort,
            "limit": limit,
            "offset": offset,
        }
        async with self._database.as_user(owner, frozen=True) as connection:
            cursor = await connection.execute(self._queries["list_documents"], values)
            rows = await cursor.fetchall()
            counted = await self._row(connection, "count_documents", values)
        return DocumentPage(
            documents=tuple(_document(row) for row in rows),
            total=counted[0] if counted else 0,
            limit=limit,
            offset=offset,
        )

    async def delete(self, owner: UUID, document_id: UUID) -> Document:
        """Delete a document with its passages and queue the removal of its original."""
        async with self._database.as_user(owner) as connection:
            document = await self._own(connection, owner, document_id)
            values = {"owner": owner, "id": document_id}
            gone = await self._row(connection, "delete_document", values)
            if gone is None:
                raise _missing(document_id)
            await self._jobs.discard(connection, gone[0])
            return document

    async def requeue(self, owner: UUID, document_id: UUID, *, is_last: bool = False) -> Document:
        """Queue a document that is not at work once more."""
        async with self._database.as_user(owner) as connection:
            if not await self._requeue(connection, owner, document_id, is_last=is_last):
                document = await self._own(connection, owner, document_id)
                if document.status is Status.RUNNING:
                    raise _wrong_state(document, "retried")
            return await self._get(connection, owner, document_id)

    async def list_outdated(self, owner: UUID, info: EmbedderInfo) -> list[UUID]:
        """Give the owner's ready documents that this embedder's vectors are missing of."""
        values = {"owner": owner, "name": info.name, "dimension": info.dimension}
        async with self._database.as_user(owner) as connection:
            cursor = await connection.execute(self._queries["list_outdated"], values)
            return [row[0] for row in await cursor.fetchall()]

    async def cancel(self, owner: UUID, document_id: UUID) -> Document:
        """Stop a document that waits or is at work."""
        async with self._database.as_user(owner) as connection:
            values = {"owner": owner, "id": document_id}
            stopped = await self._row(connection, "cancel_document", values)
            document = await self._own(connection, owner, document_id)
            if not stopped and document.status is not Status.CANCELLED:
                raise _wrong_state(document, "cancelled")
            return document

    async def sources(self, owner: UUID) -> Sources:
        """Give the sources and tags of the ready documents."""
        values = {"owner": owner}
        async with self._database.as_user(owner, frozen=True) as connection:
            cursor = await connection.execute(self._queries["list_sources"], values)
            rows = await cursor.fetchall()
            tags = await (await connection.execute(self._queries["list_tags"], values)).fetchall()
        return Sources(
            sources=tuple(
                Source(source_type=kind, source=source, documents=count, passages=int(passages))
                for kind, source, count, passages in rows
            ),
            tags=tuple(tag for (tag,) in tags),
        )

    async def _get(self, connection: Connection, owner: UUID, document_id: UUID) -> Document:
        row = await self._row(connection, "get_document", {"owner": owner, "id": document_id})
        if row is None:
            raise _missing(document_id)
        return _document(row)

    async def _own(self, connection: Connection, owner: UUID, document_id: UUID) -> Document:
        document = await self._get(connection, owner, document_id)
        if document.shared_by:
            raise _missing(document_id)
        return document

    async def _replace(
        self, connection: Connection, owner: UUID, values: Mapping[str, Any]
    ) -> UUID | None:
        try:
            async with connection.transaction():
                row = await self._row(connection, "replace_document", values)
        except UniqueViolation:
            return None  # The same bytes came in at this very moment, by another address.
        if row is None:
            return None
        document_id, old_key = row
        await self._jobs.discard(connection, old_key)
        await self._jobs.ingest(connection, owner, document_id)
        return UUID(str(document_id))

    async def _requeue(
        self, connection: Connection, owner: UUID, document_id: UUID, *, is_last: bool = False
    ) -> bool:
        values = {"owner": owner, "id": document_id}
        row = await self._row(connection, "requeue_document", values)
        if row is None:
            return False
        await self._jobs.ingest(connection, owner, document_id, is_last=is_last)
        return True

    async def _row(
        self, connection: Connection, query: str, values: Mapping[str, Any]
    ) -> tuple[Any, ...] | None:
        return await (await connection.execute(self._queries[query], values)).fetchone()


def _document(row: tuple[Any, ...]) -> Document:
    return Document(
        id=row[0],
        title=row[1],
        source_type=row[2],
        source=row[3],
        media_type=row[4],
        size_bytes=row[5],
        content_sha256=row[6],
        language=row[7],
        tags=tuple(row[8]),
        status=Status(row[9]),
        stage=Stage(row[10]),
        done=row[11],
        total=row[12],
        reason=row[13],
        attempts=row[14],
        pages=row[15],
        passages=row[16],
        created_at=row[17],
        updated_at=row[18],
        visibility=Visibility(row[19]),
        shared_by=row[20],
    )


def _missing(document_id: UUID) -> DocumentNotFoundError:
    return DocumentNotFoundError(f"document `{document_id}`: there is no such document")


def _wrong_state(document: Document, wish: str) -> DocumentStateError:
    msg = f"document `{document.id}`: is `{document.status.value}` and cannot be {wish}"
    return DocumentStateError(msg)
