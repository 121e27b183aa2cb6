"""Facts in a real PostgreSQL: one thing has one name, later ends earlier, words or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.postgres.facts import PostgresFacts
from hearth_server.adapters.postgres.graph import PostgresGraph
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.readings import PostgresReadingRuns, PostgresReadings
from hearth_server.assembly.knowledge import Knowledge, assemble_knowledge, assemble_worker
from hearth_server.capabilities.graph.errors import StaleReadingError, TextNotFoundError
from hearth_server.capabilities.graph.model import (
    Fact,
    Named,
    NewEdge,
    NewFact,
    NewNode,
    Reading,
    ReadingState,
)
from hearth_server.capabilities.graph.ports import Reply, Sought
from hearth_server.settings.model import Settings
from hearth_server.testing.facts import (
    check_facts,
    check_readings,
    check_strangers,
    check_times,
)
from hearth_server.testing.postgres import Urls
from hearth_server.testing.principals import make_principal

pytestmark = pytest.mark.integration

ADA, BOB = make_principal(name="ada"), make_principal(name="bob")
NOW = datetime.now(UTC)
Add = Callable[..., Awaitable[UUID]]


@pytest.fixture
def settings(urls: Urls, tmp_path: Path) -> Settings:
    return Settings(database_url=urls.app, data_dir=tmp_path)


@pytest.fixture
def knowledge(settings: Settings, database: Database) -> Knowledge:
    return assemble_knowledge(settings, database)


@pytest.fixture
def add(settings: Settings, database: Database, knowledge: Knowledge) -> Add:
    ingester = assemble_worker(settings, database).ingester

    async def add(text: str, who=ADA) -> UUID:
        document = await knowledge.tools.ingest_text(who, text=text, text_format="text")
        await ingester.ingest(who.user_id, document.id)
        return document.id

    return add


@pytest.fixture
def facts(database: Database) -> PostgresFacts:
    return PostgresFacts(database)


@pytest.fixture
def readings(database: Database) -> PostgresReadings:
    return PostgresReadings(database, Jobs(new_job_app()))


def fact(subject: str, kind: str, target: str, quote: str, **more: object) -> NewFact:
    one = Named(label="person", name=subject, aliases=more.pop("aliases", ()))
    return NewFact(
        subject=one, kind=kind, object=Named(label="place", name=target), ordinal=0, quote=quote,
        **more,
    )  # fmt: skip


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


async def held(
    facts: PostgresFacts, who=ADA, *, at: datetime | None = None, words: str = "", **more: object
) -> list[Fact]:
    sought = Sought(words=tuple(words.split()), at=at or datetime.now(UTC), **more)
    return list(await facts.search(who.user_id, sought, limit=50))


def told(found: list[Fact]) -> set[tuple[str, str, str]]:
    return {(each.subject.name, each.kind, each.object.name) for each in found}


async def test_facts_and_readings_conform(
    facts: PostgresFacts, readings: PostgresReadings, add: Add
) -> None:
    async def new_document(owner: UUID, text: str) -> UUID:
        return await add(text, {ADA.user_id: ADA, BOB.user_id: BOB}[owner])

    await check_facts(facts, new_document, ADA.user_id)
    await check_times(facts, new_document, ADA.user_id)
    await check_readings(facts, readings, new_document, ADA.user_id)
    people = (ADA.user_id, BOB.user_id)
    await check_strangers(facts, readings, new_document, people, pytest.raises)


async def test_fact_is_found_by_its_words_with_what_it_stands_on(
    facts: PostgresFacts, add: Add
) -> None:
    document = await add("Ada lives in Paris.")
    new = fact("Ada", "lives_in", "Paris", "Ada lives in Paris")
    for _ in range(2):
        assert await facts.put(ADA.user_id, document, [new], now=NOW) == 1
    (found,) = await held(facts, words="ada residence")
    assert (found.subject.label, found.kind, found.object.name) == ("person", "lives_in", "Paris")
    (words,) = found.evidence
    assert (words.document_id, words.ordinal, words.quote) == (document, 0, "Ada lives in Paris")
    assert words.title == "Ada lives in Paris."
    assert await held(facts, words="zebra") == []
    assert await held(facts, document_id=uuid7()) == []
    assert await held(facts, document_id=document, node_id=found.subject.id) == [found]


async def test_words_that_the_passage_has_not_store_nothing(facts: PostgresFacts, add: Add) -> None:
    document = await add("Ada lives in Paris.")
    invented = [
        fact("Ada", "lives_in", "Rome", "Ada lives in Rome"),
        fact("Ada", "lives_in", "Rome", "Ada lives%"),
    ]
    assert await facts.put(ADA.user_id, document, invented, now=NOW) == 0
    assert await held(facts, with_past=True) == []


async def test_one_thing_under_several_names_is_one(
    facts: PostgresFacts, add: Add, database: Database
) -> None:
    graph = PostgresGraph(database)
    noted = await graph.put_node(
        ADA.user_id, NewNode(id=uuid7(), label="person", name="ada lovelace"), now=NOW
    )
    text = "Ada Lovelace visits Paris. A. Lovelace likes Rome. The Countess owns Ockham."
    document = await add(text)
    news = [
        fact("Ada Lovelace", "visits", "Paris", "Ada Lovelace visits Paris"),
        fact("A. Lovelace", "likes", "Rome", "A. Lovelace likes Rome", aliases=("Ada Lovelace",)),
        fact("COUNTESS", "owns", "Ockham", "The Countess owns", aliases=("A Lovelace",)),
    ]
    assert await facts.put(ADA.user_id, document, news, now=NOW) == 3
    found = await held(facts, words="countess")
    assert {each.subject.id for each in found} == {noted.id}
    assert len(found) == 3


async def test_the_later_fact_ends_the_earlier_where_there_is_one_at_a_time(
    facts: PostgresFacts, add: Add
) -> None:
    document = await add("Ada lived in Rome, then in Paris, then in Oslo. Ada likes tea and rum.")
    only = {"is_exclusive": True}
    news = [
        fact("Ada", "lives_in", "Oslo", "in Oslo", stated_from=year(2020), **only),
        fact("Ada", "lives_in", "Rome", "in Rome", stated_from=year(2000), **only),
        fact("Ada", "lives_in", "Paris", "in Paris", stated_from=year(2010), **only),
        fact("Ada", "likes", "tea", "likes tea"),
        fact("Ada", "likes", "rum", "and rum", stated_from=year(2001), stated_to=year(2002)),
    ]
    assert await facts.put(ADA.user_id, document, news, now=NOW) == 5
    assert told(await held(facts)) == {("Ada", "lives_in", "Oslo"), ("Ada", "likes", "tea")}
    homes = {
        number: {each.object.name for each in await held(facts, at=year(number))}
        for number in (1999, 2001, 2010, 2019, 2020)
    }
    assert homes == {
        1999: set(), 2001: {"Rome", "rum"}, 2010: {"Paris"}, 2019: {"Paris"}, 2020: {"Oslo"},
    }  # fmt: skip
    past = await held(facts, with_past=True, words="lives")
    assert [(each.object.name, each.valid_to) for each in past[:3]] == [
        ("Oslo", None), ("Paris", year(2020)), ("Rome", year(2010)),
    ]  # fmt: skip


async def test_with_its_document_a_fact_goes_and_what_it_ended_holds_again(
    facts: PostgresFacts, add: Add, knowledge: Knowledge, database: Database
) -> None:
    old, new = await add("Ada lives in Rome."), await add("Ada lives in Paris. Bob is there.")
    only = {"is_exclusive": True}
    rome = fact("Ada", "lives_in", "Rome", "Ada lives in Rome", stated_from=year(2001), **only)
    paris = fact("Ada", "lives_in", "Paris", "Ada lives in Paris", **only)
    await facts.put(ADA.user_id, old, [rome], now=NOW)
    await facts.put(ADA.user_id, new, [paris, fact("Bob", "in", "Paris", "Bob is there")], now=NOW)
    assert told(await held(facts, words="ada")) == {("Ada", "lives_in", "Paris")}
    await knowledge.tools.delete_document(ADA, document_id=new)
    (left,) = await held(facts)
    assert (left.object.name, left.valid_from, left.valid_to) == ("Rome", year(2001), None)
    things = await PostgresGraph(database).find_nodes(ADA.user_id, label=None, text="", limit=9)
    assert {node.name for node in things} == {"Ada", "Rome"}
    await knowledge.tools.delete_document(ADA, document_id=old)
    assert await PostgresGraph(database).find_nodes(ADA.user_id, label=None, text="", limit=9) == ()


async def test_a_fact_of_two_documents_stays_with_the_one_that_is_left(
    facts: PostgresFacts, add: Add, knowledge: Knowledge
) -> None:
    first, second = await add("Ada lives in Rome. One."), await add("Ada lives in Rome. Two.")
    new = fact("Ada", "lives_in", "Rome", "Ada lives in Rome", is_exclusive=True)
    for document in (first, second):
        await facts.put(ADA.user_id, document, [new], now=NOW)
    (found,) = await held(facts)
    assert {each.document_id for each in found.evidence} == {first, second}
    await knowledge.tools.delete_document(ADA, document_id=first)
    (found,) = await held(facts)
    assert [each.document_id for each in found.evidence] == [second]


async def test_what_a_person_notes_or_ends_stays_so(
    facts: PostgresFacts, add: Add, knowledge: Knowledge, database: Database
) -> None:
    graph = PostgresGraph(database)
    document = await add("Ada likes tea and rum.")
    news = [fact("Ada", "likes", "tea", "likes tea"), fact("Ada", "likes", "rum", "and rum")]
    await facts.put(ADA.user_id, document, news, now=NOW)
    by_name = {each.object.name: each for each in await held(facts)}
    tea, rum = by_name["tea"], by_name["rum"]
    again = NewEdge(id=uuid7(), source=tea.subject.id, target=tea.object.id, kind="likes")
    assert (await graph.put_edge(ADA.user_id, again, now=NOW)).id == tea.id
    assert await graph.end_edge(ADA.user_id, rum.id, now=NOW + timedelta(hours=1))
    await facts.put(ADA.user_id, document, news[1:], now=NOW)
    later = NOW + timedelta(hours=2)
    assert told(await held(facts, at=later)) == {("Ada", "likes", "tea")}
    await knowledge.tools.delete_document(ADA, document_id=document)
    (left,) = await held(facts, at=later, with_past=True)
    assert (left.object.name, left.evidence) == ("tea", ())


async def test_new_text_of_a_document_leaves_nothing_of_the_old_and_asks_again(
    facts: PostgresFacts,
    add: Add,
    knowledge: Knowledge,
    readings: PostgresReadings,
    settings: Settings,
    database: Database,
) -> None:
    document = await add("Ada lives in Rome.")
    await facts.put(
        ADA.user_id, document, [fact("Ada", "lives_in", "Rome", "Ada lives in Rome")], now=NOW
    )
    await readings.request(ADA.user_id, document)
    run = await PostgresReadingRuns(database).start(ADA.user_id, document)
    assert run is not None
    await knowledge.tools.retry_document(ADA, document_id=document)
    await assemble_worker(settings, database).ingester.ingest(ADA.user_id, document)
    assert await held(facts, with_past=True) == []
    assert (await readings.get(ADA.user_id, document)).state is ReadingState.QUEUED
    done = Reading(document_id=document, title="", state=ReadingState.DONE)
    with pytest.raises(StaleReadingError):
        await PostgresReadingRuns(database).write(run, done)


async def test_declined_documents_are_not_read_and_their_facts_go(
    facts: PostgresFacts, add: Add, readings: PostgresReadings, database: Database
) -> None:
    runs = PostgresReadingRuns(database)
    document = await add("Ada lives in Rome.")
    assert (await readings.get(ADA.user_id, document)).state is ReadingState.NONE
    await readings.request(ADA.user_id, document)
    run = await runs.start(ADA.user_id, document)
    assert run is not None
    new = fact("Ada", "lives_in", "Rome", "Ada lives in Rome")
    await facts.put(ADA.user_id, document, [new], now=NOW)
    await runs.keep_reply(run, "0" * 64, Reply(text="x\x00", is_readable=True, calls=1))
    assert await runs.find_reply(run, "0" * 64) == Reply(text="x", is_readable=True, calls=1)
    assert (await readings.decline(ADA.user_id, document)).state is ReadingState.OFF
    assert await held(facts, with_past=True) == []
    assert await runs.find_reply(run, "0" * 64) is None
    assert await runs.start(ADA.user_id, document) is None


async def test_nobody_reads_or_writes_anothers(
    facts: PostgresFacts, add: Add, readings: PostgresReadings, database: Database, urls: Urls
) -> None:
    hers = await add("Ada lives in Rome.")
    new = fact("Ada", "lives_in", "Rome", "Ada lives in Rome")
    assert await facts.put(BOB.user_id, hers, [new], now=NOW) == 0
    await facts.put(ADA.user_id, hers, [new], now=NOW)
    (found,) = await held(facts)
    assert await held(facts, BOB, with_past=True) == []
    assert await held(facts, BOB, node_id=found.subject.id, with_past=True) == []
    for wish in (readings.request, readings.decline, readings.get):
        with pytest.raises(TextNotFoundError):
            await wish(BOB.user_id, hers)
    await readings.request(ADA.user_id, hers)
    assert await PostgresReadingRuns(database).start(BOB.user_id, hers) is None
    with psycopg.connect(urls.admin.reveal()) as connection:
        owners = connection.execute("select distinct owner from graph.aliases").fetchall()
    assert owners == [(ADA.user_id,)]
