"""What a worker writes while it works on a document, and the one transaction that finishes it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hearth_kit.errors import HearthError
from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from hearth_server.adapters.postgres.pool import Connection, Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.capabilities.knowledge.errors import IngestCancelledError, StaleRunError
from hearth_server.capabilities.knowledge.model import EmbedderInfo, Stage, Status
from hearth_server.capabilities.knowledge.ports import Indexed, Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PASSAGE_TYPES = ("uuid", "int4", "uuid", "int4", "text[]", "int4", "text")
_VECTOR_TYPES = ("uuid", "int2", "int4", "uuid", "bytea")
_POSTING_TYPES = ("uuid", "text", "uuid", "bytea")


class PostgresRuns:
    """The port `Runs`; the number of the attempt decides which worker may still write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries("documents.sql")

    async def start(self, owner: UUID, document_id: UUID) -> Run | None:
        """Take a queued or running document over."""
        values = {"owner": owner, "id": document_id}
        async with self._database.as_user(owner) as connection:
            row = await self._row(connection, "start_run", values)
        if row is None:
            return None
        attempt, title, source, media_type, object_key, language = row
        return Run(
            document_id=document_id,
            owner=owner,
            attempt=attempt,
            title=title,
            source=source,
            media_type=media_type,
            object_key=object_key,
            language=language,
        )

    async def progress(self, run: Run, stage: Stage, *, done: int = 0, total: int = 0) -> None:
        """Say how far it is."""
        values = {**_identity(run), "stage": stage.value, "done": done, "total": total}
        async with self._database.as_user(run.owner) as connection:
            if await self._row(connection, "write_progress", values) is None:
                raise await self._lost(connection, run)

    async def finish(self, run: Run, indexed: Indexed, info: EmbedderInfo) -> None:
        """Replace whatever was stored for the document and make it ready, all or nothing."""
        async with self._database.as_user(run.owner) as connection:
            if await self._row(connection, "hold_run", _identity(run)) is None:
                raise await self._lost(connection, run)
            await connection.execute(self._queries["clear_passages"], _identity(run))
            space = await self._space(connection, info)
            await self._copy(connection, "copy_passages", _PASSAGE_TYPES, _passages(run, indexed))
            vectors = await asyncio.to_thread(lambda: list(_vectors(run, space, indexed.vectors)))
            await self._copy(connection, "copy_embeddings", _VECTOR_TYPES, vectors)
            await self._copy(connection, "copy_postings", _POSTING_TYPES, _postings(run, indexed))
            await connection.execute(
                self._queries["finish_run"],
                {
                    **_identity(run),
                    "language": indexed.language,
                    "pages": indexed.pages,
                    "passages": len(indexed.passages),
                    "words": indexed.words,
                },
            )

    async def fail(self, run: Run, reason: str, *, again: bool) -> None:
        """Record why it failed."""
        status = Status.QUEUED if again else Status.FAILED
        values = {**_identity(run), "status": status.value, "reason": reason}
        async with self._database.as_user(run.owner) as connection:
            await connection.execute(self._queries["fail_run"], values)

    async def _lost(self, connection: Connection, run: Run) -> HearthError:
        row = await self._row(connection, "find_state", _identity(run))
        where = f"document `{run.document_id}`"
        if row is None or row[0] == Status.CANCELLED:
            return IngestCancelledError(f"{where}: was cancelled by its owner")
        return StaleRunError(f"{where}: attempt {run.attempt} was overtaken by attempt {row[1]}")

    async def _space(self, connection: Connection, info: EmbedderInfo) -> int:
        values = {"name": info.name, "dimension": info.dimension}
        row = await self._row(connection, "find_space", values)
        if row is None:
            await connection.execute(self._queries["ensure_space"], values)
            row = await self._row(connection, "find_space", values)
        return int(row[0]) if row else 0

    async def _copy(
        self,
        connection: Connection,
        query: str,
        types: tuple[str, ...],
        rows: Iterable[tuple[Any, ...]],
    ) -> None:
        cursor: AsyncCursor[TupleRow] = connection.cursor()
        async with cursor.copy(self._queries[query]) as copy:
            copy.set_types(types)
            for row in rows:
                await copy.write_row(row)

    async def _row(
        self, connection: Connection, query: str, values: Mapping[str, Any]
    ) -> tuple[Any, ...] | None:
        return await (await connection.execute(self._queries[query], values)).fetchone()


def _identity(run: Run) -> dict[str, Any]:
    return {"owner": run.owner, "id": run.document_id, "attempt": run.attempt}


def _passages(run: Run, indexed: Indexed) -> Iterator[tuple[Any, ...]]:
    for each in indexed.passages:
        yield (
            run.document_id,
            each.ordinal,
            run.owner,
            each.page,
            list(each.headings),
            each.tokens,
            each.text,
        )


def _vectors(run: Run, space: int, vectors: NDArray[np.float32]) -> Iterator[tuple[Any, ...]]:
    """Give vectors as pgvector reads them in binary.

    Source: pgvector's `vector_recv`: dimension int16, unused int16, then float32, big-endian.
    """
    head = vectors.shape[1].to_bytes(2, "big") + b"\0\0"
    for ordinal, row in enumerate(vectors.astype(">f4")):
        yield run.document_id, space, ordinal, run.owner, head + row.tobytes()


def _postings(run: Run, indexed: Indexed) -> Iterator[tuple[Any, ...]]:
    for word, packed in sorted(indexed.postings.items()):
        yield run.owner, word, run.document_id, packed
