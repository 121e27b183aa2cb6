"""The worker: takes jobs from the queue until it is told to stop.

It has no port. Its heartbeat is a row that the queue keeps; `heartbeat` reads it. It outlives the
database: while that is away it waits, and what it had begun is taken up again.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import procrastinate
from hearth_kit.errors import UnavailableError
from procrastinate import exceptions
from procrastinate.jobs import Job, Status
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from hearth_server.adapters.postgres.errors import PostgresBusyError, PostgresDownError
from hearth_server.adapters.postgres.jobs import (
    DISCARD_TASK,
    FACTS_QUEUE,
    FACTS_TASK,
    INDEX_TASK,
    INGEST_QUEUE,
    INGEST_TASK,
)
from hearth_server.adapters.postgres.pool import Database
from hearth_server.assembly.knowledge import WorkerParts, assemble_worker
from hearth_server.settings.model import Settings

_LOG: Final = logging.getLogger(__name__)
_ATTEMPTS: Final = 5
_FINISHED_HOURS: Final = 72
_READY: Final = """
select to_regclass('procrastinate_jobs') is not null
    and to_regclass('knowledge.documents') is not null
    and to_regproc('knowledge.outdated') is not null
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often the worker looks, in seconds; tests make it quick."""

    heartbeat: float = 5.0
    stalled: float = 20.0
    rescue: float = 5.0
    grace: float = 8.0
    reconnect: float = 2.0
    catch_up: float = 60.0


class AfterOutage(BaseRetryStrategy):
    """Try again what an outage or a shutdown stopped; nothing else gets better by itself."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Wait longer each time after an outage, and not at all after a shutdown."""
        if isinstance(exception, (asyncio.CancelledError, exceptions.JobAborted)):
            return RetryDecision(retry_in={"seconds": 0})
        # While the database takes nothing, no reason can be written either: nobody would learn that
        # this was the last attempt.
        is_mute = isinstance(exception, PostgresDownError | PostgresBusyError)
        if is_mute or (isinstance(exception, UnavailableError) and job.attempts + 1 < _ATTEMPTS):
            return RetryDecision(retry_in={"seconds": min(300, 5 * 3 ** min(job.attempts, 4))})
        return None


async def run_worker(settings: Settings, *, pace: Pace | None = None) -> None:
    """Work until SIGTERM or SIGINT; then finish the current job or put it back."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await work_until(stop, settings, pace=pace or Pace())
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def work_until(stop: asyncio.Event, settings: Settings, *, pace: Pace) -> None:
    """Work until the event is set, beginning anew whenever the database comes back."""
    database = Database(settings.database_url, max_connections=6, name="hearth-worker")
    await database.open()
    try:
        while not stop.is_set():
            if await _is_prepared(database):
                parts = assemble_worker(settings, database)
                async with parts.running():
                    await _work_once(stop, parts, database, pace)
            if not stop.is_set():
                await _wait(stop, pace.reconnect)
    finally:
        await database.close()


async def _is_prepared(database: Database) -> bool:
    """Tell whether the database is there and its schema made; somebody else makes it."""
    try:
        async with database.as_nobody() as connection:
            row = await (await connection.execute(_READY)).fetchone()
    except UnavailableError as error:
        _LOG.warning("waiting for the database: %s", error)
        return False
    if not (row and row[0]):
        _LOG.warning("waiting for the schema: run `hearth-server migrate`")
    return bool(row and row[0])


async def _work_once(
    stop: asyncio.Event, parts: WorkerParts, database: Database, pace: Pace
) -> None:
    app = parts.app
    register_tasks(app, parts)
    await app.connector.open_async(database.pool)
    # Reading by a language model takes long: it has a line of its own, and nobody waits behind it.
    lines = {INGEST_QUEUE: 2, **({FACTS_QUEUE: 1} if parts.fact_reader else {})}
    workers = [
        asyncio.create_task(
            app.run_worker_async(
                queues=[queue],
                concurrency=concurrency,
                shutdown_graceful_timeout=pace.grace,
                install_signal_handlers=False,
                update_heartbeat_interval=pace.heartbeat,
                stalled_worker_timeout=pace.stalled,
                fetch_job_polling_interval=2.0,
                delete_jobs="successful",
            )
        )
        for queue, concurrency in lines.items()
    ]
    rescuing = asyncio.create_task(_every(pace.rescue, lambda: rescue_stalled(app, pace.stalled)))
    catching_up = asyncio.create_task(catch_up(parts, every=pace.catch_up))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((*workers, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        beside = (rescuing, catching_up, stopping)
        for task in (*beside, *workers):
            task.cancel()
        gathered = await asyncio.gather(*beside, *workers, return_exceptions=True)
        results = gathered[len(beside) :]
    for failure in results:
        if isinstance(failure, Exception):
            _LOG.warning("the queue was interrupted: %s", failure)


async def catch_up(parts: WorkerParts, *, every: float) -> None:
    """Queue once what the embedder has not seen: it may be another one than before the start."""
    while True:
        try:
            queued = await parts.catch_up()
        except UnavailableError as error:
            _LOG.warning("documents of another embedder could not be looked for: %s", error)
            await asyncio.sleep(every)
            continue
        if queued:
            _LOG.info("the embedder is another one: %d documents are embedded anew", queued)
        return


def register_tasks(app: procrastinate.App, parts: WorkerParts) -> None:
    """Tell the queue what its jobs do."""

    @app.task(name=INGEST_TASK, queue=INGEST_QUEUE, retry=AfterOutage(), pass_context=True)
    async def ingest_document(
        context: procrastinate.JobContext, *, owner: str, document_id: str
    ) -> None:
        last_chance = context.job.attempts + 1 >= _ATTEMPTS
        await parts.ingester.ingest(UUID(owner), UUID(document_id), last_chance=last_chance)

    @app.task(name=FACTS_TASK, queue=FACTS_QUEUE, retry=AfterOutage(), pass_context=True)
    async def read_facts(
        context: procrastinate.JobContext, *, owner: str, document_id: str
    ) -> None:
        last_chance = context.job.attempts + 1 >= _ATTEMPTS
        if parts.fact_reader is not None:
            await parts.fact_reader.read(UUID(owner), UUID(document_id), last_chance=last_chance)

    @app.task(name=INDEX_TASK, queue=INGEST_QUEUE, retry=AfterOutage(), pass_context=True)
    async def index_repository(
        context: procrastinate.JobContext, *, owner: str, repository_id: str
    ) -> None:
        last_chance = context.job.attempts + 1 >= _ATTEMPTS
        await parts.indexer.index(UUID(owner), UUID(repository_id), last_chance=last_chance)

    @app.task(name=DISCARD_TASK, queue=INGEST_QUEUE, retry=AfterOutage())
    async def discard_object(*, key: str) -> None:
        await parts.objects.delete(key)


async def rescue_stalled(app: procrastinate.App, after_seconds: float) -> int:
    """Put the jobs of workers without a heartbeat back into the queue; give their number."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=after_seconds))
    for job in stalled:
        _LOG.warning("job %s: its worker is gone, it is queued again", job.id)
        try:
            await app.job_manager.retry_job(job)
        except exceptions.UniqueViolation:
            # The same document was queued once more meanwhile: one of the two is enough.
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
    await app.job_manager.delete_old_jobs(
        nb_hours=_FINISHED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
    return len(stalled)


async def _every(seconds: float, action: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await action()
        except exceptions.ConnectorException as error:
            _LOG.warning("stalled jobs could not be looked for: %s", error)
        await asyncio.sleep(seconds)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
