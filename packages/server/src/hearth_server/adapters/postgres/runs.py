"""What a worker writes while it works on a document, and the one transaction that finishes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from hearth_kit.errors import HearthError

from hearth_server.adapters.postgres.pool import Connection, Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.adapters.postgres.vectors import VectorArray, VectorArrayDumper
from hearth_server.capabilities.knowledge.codes import pack_codes
from hearth_server.capabilities.knowledge.errors import IngestCancelledError, StaleRunError
from hearth_server.capabilities.knowledge.model import EmbedderInfo, Passage, Stage, Status
from hearth_server.capabilities.knowledge.ports import Indexed, Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROWS: Final = 2_000
"""Rows a statement; a vector of 384 numbers makes that 3 MB."""

_SEPARATOR: Final = "\x1f"

AfterFinish = Callable[[Connection, UUID, UUID], Awaitable[None]]
"""What else happens in the transaction that makes a document (owner, id) ready."""


class PostgresRuns:
    """The port `Runs`; the number of the run decides which worker may still write."""

    def __init__(self, database: Database, *, after_finish: AfterFinish | None = None) -> None:
        self._database = database
        self._after_finish = after_finish
        self._queries = load_queries("documents.sql")

    async def start(self, owner: UUID, document_id: UUID) -> Run | None:
        """Take a queued or running document over."""
        values = {"owner": owner, "id": document_id}
        async with self._database.as_user(owner) as connection:
            row = await self._row(connection, "start_run", values)
        if row is None:
            return None
        number, attempt, title, source, media_type, object_key, language = row
        return Run(
            document_id=document_id,
            owner=owner,
            number=number,
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
            await self._insert_passages(connection, run, indexed.passages)
            await self._insert_vectors(connection, run, space, indexed.vectors)
            await self._insert_codes(connection, run, space, indexed.vectors)
            await self._insert_postings(connection, run, indexed.postings)
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
            if self._after_finish is not None:
                await self._after_finish(connection, run.owner, run.document_id)

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
        return StaleRunError(f"{where}: run {run.number} was overtaken by run {row[1]}")

    async def _space(self, connection: Connection, info: EmbedderInfo) -> int:
        values = {"name": info.name, "dimension": info.dimension}
        row = await self._row(connection, "find_space", values)
        if row is None:
            await connection.execute(self._queries["ensure_space"], values)
            row = await self._row(connection, "find_space", values)
        return int(row[0]) if row else 0

    async def _insert_passages(
        self, connection: Connection, run: Run, passages: Sequence[Passage]
    ) -> None:
        for start in range(0, len(passages), _ROWS):
            batch = passages[start : start + _ROWS]
            values = {
                "ordinals": [each.ordinal for each in batch],
                "pages": [each.page for each in batch],
                "headings": [_SEPARATOR.join(each.headings) for each in batch],
                "tokens": [each.tokens for each in batch],
                "contents": [each.text for each in batch],
            }
            query = self._queries["insert_passages"]
            await connection.execute(query, {**_identity(run), **values})

    async def _insert_vectors(
        self, connection: Connection, run: Run, space: int, vectors: NDArray[np.float32]
    ) -> None:
        row = await self._row(connection, "vector_type", {})
        type_oid = int(row[0]) if row else 0
        cursor = connection.cursor()
        cursor.adapters.register_dumper(VectorArray, VectorArrayDumper)
        for start in range(0, len(vectors), _ROWS):
            values = {
                "space": space,
                "first": start,
                "vectors": VectorArray(vectors[start : start + _ROWS], type_oid),
            }
            query = self._queries["insert_embeddings"]
            await cursor.execute(query, {**_identity(run), **values})

    async def _insert_codes(
        self, connection: Connection, run: Run, space: int, vectors: NDArray[np.float32]
    ) -> None:
        if len(vectors):
            packed = await asyncio.to_thread(pack_codes, vectors)
            values = {**_identity(run), "space": space, "packed": packed}
            await connection.execute(self._queries["insert_codes"], values)

    async def _insert_postings(
        self, connection: Connection, run: Run, postings: Mapping[str, bytes]
    ) -> None:
        words = sorted(postings)
        for start in range(0, len(words), _ROWS):
            batch = words[start : start + _ROWS]
            values = {"words": batch, "packed": [postings[word] for word in batch]}
            query = self._queries["insert_postings"]
            await connection.execute(query, {**_identity(run), **values})

    async def _row(
        self, connection: Connection, query: str, values: Mapping[str, Any]
    ) -> tuple[Any, ...] | None:
        return await (await connection.execute(self._queries[query], values)).fetchone()


def _identity(run: Run) -> dict[str, Any]:
    return {"owner": run.owner, "id": run.document_id, "run": run.number}
