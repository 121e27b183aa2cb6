"""The ports `Readings` and `ReadingRuns`: which documents are read, and how far each is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from hearth_server.adapters.postgres.jobs import Jobs
from hearth_server.adapters.postgres.pool import Connection, Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.capabilities.graph.errors import StaleReadingError, TextNotFoundError
from hearth_server.capabilities.graph.model import Reading, ReadingState
from hearth_server.capabilities.graph.ports import ReadingRun, Reply, TextPart


class PostgresReadings:
    """The port `Readings`; a job is queued in the transaction that asks for it."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    async def request(self, owner: UUID, document_id: UUID) -> Reading:
        """Queue the reading of a document."""
        async with self._database.as_user(owner) as connection:
            if await _row(connection, "request_reading", owner, document_id) is None:
                raise _missing(document_id)
            await self._jobs.read(connection, owner, document_id)
            return await _get(connection, owner, document_id)

    async def decline(self, owner: UUID, document_id: UUID) -> Reading:
        """Remove what was read, and let the document not be read from now on."""
        async with self._database.as_user(owner) as connection:
            if await _row(connection, "decline_reading", owner, document_id) is None:
                raise _missing(document_id)
            await _run(connection, "forget_evidence", owner, document_id)
            return await _get(connection, owner, document_id)

    async def get(self, owner: UUID, document_id: UUID) -> Reading:
        """Give how far it is."""
        async with self._database.as_user(owner) as connection:
            return await _get(connection, owner, document_id)


class PostgresReadingRuns:
    """The port `ReadingRuns`: only the latest run of a document may write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, owner: UUID, document_id: UUID) -> ReadingRun | None:
        """Take a reading over."""
        async with self._database.as_user(owner) as connection:
            row = await _row(connection, "start_reading", owner, document_id)
        if row is None:
            return None
        return ReadingRun(owner=owner, document_id=document_id, number=row[0], title=row[1])

    async def text(self, run: ReadingRun) -> tuple[TextPart, ...]:
        """Give the document's passages in order."""
        values = {"owner": run.owner, "document": run.document_id}
        query = load_queries("facts.sql")["read_text"]
        async with self._database.as_user(run.owner) as connection:
            rows = await (await connection.execute(query, values)).fetchall()
        return tuple(
            TextPart(ordinal=ordinal, text=text, headings=tuple(headings))
            for ordinal, text, headings in rows
        )

    async def find_reply(self, run: ReadingRun, digest: str) -> Reply | None:
        """Give what was replied to a part before."""
        async with self._database.as_user(run.owner) as connection:
            row = await _row(
                connection, "find_reply", run.owner, run.document_id, {"digest": digest}
            )
        return Reply(is_readable=row[0], text=row[1], calls=row[2]) if row else None

    async def keep_reply(self, run: ReadingRun, digest: str, reply: Reply) -> None:
        """Keep a reply."""
        values = {
            "run": run.number,
            "digest": digest,
            "is_readable": reply.is_readable,
            # No text of PostgreSQL holds the character of number 0, and a model may write it.
            "reply": reply.text.replace("\x00", ""),
            "calls": reply.calls,
        }
        async with self._database.as_user(run.owner) as connection:
            await _run(connection, "keep_reply", run.owner, run.document_id, values)

    async def write(self, run: ReadingRun, reading: Reading) -> None:
        """Say how far it is, or that it ended."""
        async with self._database.as_user(run.owner) as connection:
            counted = await _row(connection, "count_facts", run.owner, run.document_id)
            values = {
                "run": run.number,
                "state": reading.state.value,
                "model": reading.model,
                "done": reading.done,
                "total": reading.total,
                "facts": counted[0] if counted else 0,
                "dropped": reading.dropped,
                "calls": reading.calls,
                "reason": reading.reason,
            }
            if await _row(connection, "write_reading", run.owner, run.document_id, values) is None:
                msg = f"document `{run.document_id}`: its reading {run.number} was taken over"
                raise StaleReadingError(msg)


class ReadAfterIngest:
    """What becomes of facts when a document's text was stored, in the transaction that stores it.

    What was read out of the text before goes; it is read again where it was read before, and with
    `every` where nobody decided against it.
    """

    def __init__(self, jobs: Jobs, *, every: bool) -> None:
        self._jobs = jobs
        self._every = every

    async def __call__(self, connection: Connection, owner: UUID, document_id: UUID) -> None:
        """Forget what the earlier text said, and queue the reading of the new one."""
        await _run(connection, "forget_evidence", owner, document_id)
        if self._every:
            await _run(connection, "request_if_new", owner, document_id)
        if await _row(connection, "request_again", owner, document_id) is not None:
            await self._jobs.read(connection, owner, document_id)


async def _get(connection: Connection, owner: UUID, document_id: UUID) -> Reading:
    row = await _row(connection, "find_reading", owner, document_id)
    if row is None:
        raise _missing(document_id)
    if row[2] is None:
        return Reading(document_id=row[0], title=row[1], state=ReadingState.NONE)
    return Reading(
        document_id=row[0],
        title=row[1],
        state=ReadingState(row[2]),
        model=row[3],
        done=row[4],
        total=row[5],
        facts=row[6],
        dropped=row[7],
        calls=row[8],
        reason=row[9],
        updated_at=row[10],
    )


async def _row(
    connection: Connection,
    query: str,
    owner: UUID,
    document_id: UUID,
    values: Mapping[str, Any] | None = None,
) -> tuple[Any, ...] | None:
    mine = {"owner": owner, "document": document_id, **(values or {})}
    return await (await connection.execute(load_queries("facts.sql")[query], mine)).fetchone()


async def _run(
    connection: Connection,
    query: str,
    owner: UUID,
    document_id: UUID,
    values: Mapping[str, Any] | None = None,
) -> None:
    mine = {"owner": owner, "document": document_id, **(values or {})}
    await connection.execute(load_queries("facts.sql")[query], mine)


def _missing(document_id: UUID) -> TextNotFoundError:
    return TextNotFoundError(f"document `{document_id}`: there is no such document of yours")
