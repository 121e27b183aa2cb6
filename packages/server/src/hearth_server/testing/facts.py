"""What every adapter of `Facts` and `Readings` must do; each adapter's own test calls these.

A fact stands on the words of a document that is taken in already: how that is done is handed in.
"""
# ruff: noqa: S101  to assert is what a check does

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from hearth_kit.ids import uuid7

from hearth_server.capabilities.graph.errors import TextNotFoundError
from hearth_server.capabilities.graph.model import Fact, Named, NewFact, ReadingState
from hearth_server.capabilities.graph.ports import Facts, Readings, Sought
from hearth_server.testing.conformance import Raises

NewDocument = Callable[[UUID, str], Awaitable[UUID]]
"""Takes somebody's text in, whole in its first passage, and gives the document."""


def fact(
    subject: str,
    kind: str,
    target: str,
    quote: str,
    *,
    aliases: Sequence[str] = (),
    stated: tuple[int | None, int | None] = (None, None),
    is_exclusive: bool = False,
) -> NewFact:
    """Make a fact about a person and a place; `stated` are the years of its beginning and end."""
    begin, end = (year(each) if each else None for each in stated)
    return NewFact(
        subject=Named(label="person", name=subject, aliases=tuple(aliases)),
        kind=kind,
        object=Named(label="place", name=target),
        ordinal=0,
        quote=quote,
        stated_from=begin,
        stated_to=end,
        is_exclusive=is_exclusive,
    )


def year(number: int) -> datetime:
    """Give the first moment of a year."""
    return datetime(number, 1, 1, tzinfo=UTC)


async def held(
    facts: Facts, owner: UUID, words: str = "", *, at: datetime | None = None, past: bool = False
) -> tuple[Fact, ...]:
    """Search for facts."""
    sought = Sought(words=tuple(words.split()), at=at or datetime.now(UTC), with_past=past)
    return await facts.search(owner, sought, limit=50)


async def check_facts(facts: Facts, new_document: NewDocument, ada: UUID) -> None:
    """Check that facts stand on words, that names meet, and that a repetition changes nothing."""
    text = "Ada Lovelace visits Paris. A. Lovelace likes Rome. The Countess owns Ockham."
    document = await new_document(ada, text)
    news = [
        fact("Ada Lovelace", "visits", "Paris", "Ada Lovelace visits Paris"),
        fact("A. Lovelace", "likes", "Rome", "A. Lovelace likes", aliases=("Ada Lovelace",)),
        fact("COUNTESS", "owns", "Ockham", "The Countess owns", aliases=("A Lovelace",)),
        fact("Ada Lovelace", "visits", "Oslo", "Ada Lovelace visits Oslo"),
        fact("Ada Lovelace", "visits", "Oslo", "Ada Lovelace%"),
    ]
    now = datetime.now(UTC)
    for _ in range(2):
        assert await facts.put(ada, document, news, now=now) == 3
    found = await held(facts, ada, "countess")
    assert len(found) == 3
    assert len({each.subject.id for each in found}) == 1
    assert {each.object.name for each in found} == {"Paris", "Rome", "Ockham"}
    (paris,) = (each for each in found if each.object.name == "Paris")
    (words,) = paris.evidence
    assert (words.document_id, words.ordinal, words.quote) == (
        document, 0, "Ada Lovelace visits Paris",
    )  # fmt: skip
    assert await held(facts, ada, "zebra") == ()
    about = Sought(node_id=paris.object.id, document_id=document, at=datetime.now(UTC))
    assert await facts.search(ada, about, limit=9) == (paris,)
    nowhere = Sought(document_id=uuid7(), at=datetime.now(UTC))
    assert await facts.search(ada, nowhere, limit=9) == ()
    assert len(await facts.search(ada, Sought(at=datetime.now(UTC)), limit=1)) == 1


async def check_times(facts: Facts, new_document: NewDocument, ada: UUID) -> None:
    """Check that the later fact ends the earlier where there is only one at a time."""
    document = await new_document(
        ada, "Bo lived in Rome, then in Paris, then in Oslo. Bo likes tea."
    )
    news = [
        fact("Bo", "lives_in", "Oslo", "in Oslo", stated=(2020, None), is_exclusive=True),
        fact("Bo", "lives_in", "Rome", "in Rome", stated=(2000, None), is_exclusive=True),
        fact("Bo", "lives_in", "Paris", "in Paris", stated=(2010, None), is_exclusive=True),
        fact("Bo", "likes", "tea", "likes tea", stated=(2001, 2002)),
    ]
    assert await facts.put(ada, document, news, now=datetime.now(UTC)) == 4
    places = {
        number: {each.object.name for each in await held(facts, ada, "bo", at=year(number))}
        for number in (1999, 2001, 2002, 2010, 2020)
    }
    assert places == {
        1999: set(), 2001: {"Rome", "tea"}, 2002: {"Rome"}, 2010: {"Paris"}, 2020: {"Oslo"},
    }  # fmt: skip
    past = await held(facts, ada, "lives", past=True)
    ends = {each.object.name: each.valid_to for each in past}
    assert ends == {"Oslo": None, "Paris": year(2020), "Rome": year(2010)}


async def check_readings(
    facts: Facts, readings: Readings, new_document: NewDocument, ada: UUID
) -> None:
    """Check that asking queues, that declining takes what was read, and that asking undoes it."""
    document = await new_document(ada, "Cy lives in Rome.")
    assert (await readings.get(ada, document)).state is ReadingState.NONE
    for _ in range(2):
        assert (await readings.request(ada, document)).state is ReadingState.QUEUED
    new = fact("Cy", "lives_in", "Rome", "Cy lives in Rome")
    assert await facts.put(ada, document, [new], now=datetime.now(UTC)) == 1
    for _ in range(2):
        assert (await readings.decline(ada, document)).state is ReadingState.OFF
    assert await held(facts, ada, "cy", past=True) == ()
    assert (await readings.get(ada, document)).document_id == document
    assert (await readings.request(ada, document)).state is ReadingState.QUEUED


async def check_strangers(
    facts: Facts,
    readings: Readings,
    new_document: NewDocument,
    people: tuple[UUID, UUID],
    raises: Raises,
) -> None:
    """Check that nobody reads, writes or asks about anything of another's."""
    ada, bob = people
    hers = await new_document(ada, "Di lives in Rome.")
    new = fact("Di", "lives_in", "Rome", "Di lives in Rome")
    assert await facts.put(bob, hers, [new], now=datetime.now(UTC)) == 0
    assert await facts.put(ada, hers, [new], now=datetime.now(UTC)) == 1
    (found,) = await held(facts, ada, "di")
    assert await held(facts, bob, past=True) == ()
    about = Sought(node_id=found.subject.id, at=datetime.now(UTC), with_past=True)
    assert await facts.search(bob, about, limit=9) == ()
    for wish in (readings.request, readings.decline, readings.get):
        for document in (hers, uuid7()):
            with raises(TextNotFoundError):
                await wish(bob, document)
    assert (await readings.get(ada, hers)).state is ReadingState.NONE
    assert await held(facts, ada, "di") == (found,)
