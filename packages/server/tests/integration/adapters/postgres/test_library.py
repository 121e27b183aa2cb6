"""Documents, runs and passages in a real PostgreSQL keep the promises of their ports."""

from __future__ import annotations

import asyncio
from importlib import import_module

import psycopg
import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.postgres.announcements import PostgresAnnouncements
from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.passages import PostgresPassages
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.runs import PostgresRuns
from hearth_server.capabilities.knowledge.model import DocumentEvent, Status
from hearth_server.testing.conformance import (
    EVERYTHING,
    INFO,
    check_documents,
    check_passages,
    documents_of,
    indexed,
    new_document,
)
from hearth_server.testing.postgres import Urls
from psycopg.rows import scalar_row

pytestmark = pytest.mark.integration


@pytest.fixture
def documents(database: Database) -> PostgresDocuments:
    return PostgresDocuments(database, Jobs(new_job_app()))


async def jobs_of(database: Database, status: str = "todo") -> list[str]:
    async with database.as_nobody() as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        await cursor.execute(
            "select task_name from procrastinate_jobs where status = %s order by id", (status,)
        )
        return await cursor.fetchall()


async def test_documents_conform(database: Database, documents: PostgresDocuments) -> None:
    await check_documents(documents, PostgresRuns(database), pytest.raises)


async def test_passages_conform(database: Database, documents: PostgresDocuments) -> None:
    await check_passages(documents, PostgresRuns(database), PostgresPassages(database))


async def test_passages_of_many_conform(database: Database, documents: PostgresDocuments) -> None:
    """As if each owner had so many that a search went by their codes first."""
    await check_passages(documents, PostgresRuns(database), PostgresPassages(database, few=0))


async def test_another_text_of_the_same_size_is_noticed(
    database: Database, documents: PostgresDocuments
) -> None:
    """What is kept of a collection goes by a mark, which says more than how large it is."""
    owner, runs, passages = uuid7(), PostgresRuns(database), PostgresPassages(database, few=0)
    document, _ = await documents.add(owner, new_document(owner, "one"))
    for word, language in (("ash", "de"), ("elm", "en"), ("ash", "de")):
        await documents.requeue(owner, document.id)
        run = await runs.start(owner, document.id)
        assert run is not None
        await runs.finish(run, indexed((word, (1, 0, 0)), language=language), INFO)
        async with passages.view(owner) as index:
            assert (await index.statistics()).languages == (language,)
            found = await index.postings(["de:ash", "en:elm"], EVERYTHING)
            assert documents_of(found) == {(document.id, True)}
            assert [each.word for each in found if each.passages] == [f"{language}:{word}"]


async def test_codes_of_earlier_documents_are_made(
    database: Database, documents: PostgresDocuments, urls: Urls
) -> None:
    """What was embedded before there were codes gets the codes that it would get today."""
    await check_passages(documents, PostgresRuns(database), PostgresPassages(database))
    everything = "select document_id, space, owner, packed from knowledge.codes order by 1"
    with psycopg.connect(urls.admin.reveal()) as connection:
        made = connection.execute(everything).fetchall()
        connection.execute("delete from knowledge.codes")
    with psycopg.connect(urls.owner.reveal()) as connection:
        import_module("hearth_server.adapters.postgres.migrations.versions.0004_codes").fill_codes(
            connection
        )
    with psycopg.connect(urls.admin.reveal()) as connection:
        assert connection.execute(everything).fetchall() == made
        assert len(made) == 2
        bound = connection.execute(
            "select bool_and(relforcerowsecurity) from pg_class"
            " where oid in ('knowledge.codes'::regclass, 'knowledge.embeddings'::regclass)"
        ).fetchone()
        assert bound == (True,)


async def test_job_commits_with_document(database: Database, documents: PostgresDocuments) -> None:
    owner = uuid7()
    document, _ = await documents.add(owner, new_document(owner, "one"))
    await documents.add(owner, new_document(owner, "one"))
    assert await jobs_of(database) == ["knowledge.ingest_document"]
    await documents.delete(owner, document.id)
    assert await jobs_of(database) == ["knowledge.ingest_document", "knowledge.discard_object"]


async def test_same_bytes_race(documents: PostgresDocuments, database: Database) -> None:
    owner = uuid7()
    added = await asyncio.gather(
        *(documents.add(owner, new_document(owner, "same")) for _ in range(8))
    )
    assert len({document.id for document, _ in added}) == 1
    assert sum(is_new for _, is_new in added) == 1
    assert await jobs_of(database) == ["knowledge.ingest_document"]


async def test_requeue_keeps_one_job(database: Database, documents: PostgresDocuments) -> None:
    owner = uuid7()
    document, _ = await documents.add(owner, new_document(owner, "one"))
    await documents.cancel(owner, document.id)
    await documents.requeue(owner, document.id)
    assert await jobs_of(database) == ["knowledge.ingest_document"]


async def test_news_reach_only_their_owner(
    database: Database, documents: PostgresDocuments
) -> None:
    news = PostgresAnnouncements(database, documents)
    ada, bob = uuid7(), uuid7()
    heard: dict[str, list[DocumentEvent]] = {"ada": [], "bob": []}

    gone = asyncio.Event()

    async def listen(name: str, owner) -> None:
        async for event in news.watch(owner):
            heard[name].append(event)
            if event.document is None:
                gone.set()

    tasks = [asyncio.create_task(listen("ada", ada)), asyncio.create_task(listen("bob", bob))]
    await asyncio.sleep(0.5)
    document, _ = await documents.add(ada, new_document(ada, "one"))
    await documents.cancel(ada, document.id)
    await documents.delete(ada, document.id)
    await asyncio.wait_for(gone.wait(), 5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert heard["bob"] == []
    assert {event.document_id for event in heard["ada"]} == {document.id}


async def test_missed_news_are_told(
    database: Database, documents: PostgresDocuments, urls: Urls
) -> None:
    """The listening connection is cut; what happens until it is back is told afterwards."""
    news = PostgresAnnouncements(database, documents)
    owner = uuid7()
    heard: asyncio.Queue[DocumentEvent] = asyncio.Queue()

    async def listen() -> None:
        async for event in news.watch(owner):
            heard.put_nowait(event)

    task = asyncio.create_task(listen())
    await asyncio.sleep(0.3)
    with psycopg.connect(urls.admin.reveal(), autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen %'"
            " and datname = current_database()"
        )
    document, _ = await documents.add(owner, new_document(owner, "one"))
    event = await asyncio.wait_for(heard.get(), 10)
    assert event.document_id == document.id
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_title_search_takes_text_as_it_is(documents: PostgresDocuments) -> None:
    owner = uuid7()
    await documents.add(owner, new_document(owner, "100% of_it' or 1=1 --"))
    for text, count in (("% of_", 1), ("' or 1=1", 1), ("100_", 0), ("100%25", 0)):
        page = await documents.list_page(
            owner,
            status=Status.QUEUED,
            text=text,
            only=EVERYTHING,
            sort="title",
            limit=5,
            offset=0,
        )
        assert page.total == count, text
