"""What is asked about a text, and what of a reply is believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hearth_server.capabilities.graph.ports import TextPart
from hearth_server.capabilities.graph.reading import (
    SCHEMA,
    digest_of,
    find_fault,
    find_quote,
    name_key,
    once_more,
    question,
    read_facts,
    split_parts,
)

pytestmark = pytest.mark.unit

TEXT = (
    TextPart(
        ordinal=3, text="Since 2019 Ada Lovelace lives\nin Paris. Ada knows Bob.", headings=("Who",)
    ),
    TextPart(ordinal=4, text="From 2001 to 2005 she worked at Analytical Engines Ltd."),
)


def said(**changes: object) -> dict[str, object]:
    usual = {
        "passage": 1,
        "quote": "Ada Lovelace lives in Paris",
        "subject": "Ada Lovelace",
        "subject_type": "Person",
        "relation": "lives in",
        "object": "Paris",
        "object_type": "city",
        "since": "2019",
        "until": "",
        "only_one": False,
    }
    return {**usual, **changes}


def reply(*facts: object, other_names: object = ()) -> str:
    return json.dumps({"facts": facts, "other_names": other_names})


def test_fact_has_the_words_as_the_passage_has_them() -> None:
    (fact,), dropped = read_facts(reply(said()), "Notes", TEXT)
    assert (fact.quote, fact.ordinal) == ("Ada Lovelace lives\nin Paris", 3)
    assert (fact.subject.label, fact.kind, fact.object.name) == ("person", "lives_in", "Paris")
    assert fact.stated_from == datetime(2019, 1, 1, tzinfo=UTC)
    assert fact.is_exclusive
    assert dropped == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"quote": "Ada Lovelace loves Paris"},
        {"quote": ""},
        {"quote": "x" * 501},
        {"subject": "Grace Hopper"},
        {"object": "London"},
        {"object": ""},
        {"relation": "!"},
        {"quote": 7, "relation": None},
    ],
)
def test_what_the_text_does_not_bear_out_is_dropped(changes: dict[str, object]) -> None:
    assert read_facts(reply(said(**changes)), "Notes", TEXT) == ((), 1)


def test_a_wrong_passage_number_is_mended_by_the_words() -> None:
    facts, _ = read_facts(reply(said(passage=2), said(passage="one"), said()), "Notes", TEXT)
    assert [fact.ordinal for fact in facts] == [3]


@pytest.mark.parametrize(
    ("since", "until", "spans"),
    [
        ("2001", "2005", ("2001-01-01", "2006-01-01")),
        ("2001-03", "2005-12", ("2001-03-01", "2006-01-01")),
        ("2001-02-28", "2005-02-28", ("2001-02-28", "2005-03-01")),
        ("1999", "2005", (None, "2006-01-01")),
        ("2001-02-30", "never", (None, None)),
        ("2005", "2001", ("2005-01-01", None)),
    ],
)
def test_times_are_those_of_the_text(
    since: str, until: str, spans: tuple[str | None, str | None]
) -> None:
    fact = said(
        quote="worked at Analytical Engines Ltd.", object="Analytical Engines Ltd.",
        relation="works_at", since=since, until=until,
    )  # fmt: skip
    ((kept,), _) = read_facts(reply(fact), "Notes", TEXT)
    assert tuple(at and at.date().isoformat() for at in (kept.stated_from, kept.stated_to)) == spans
    assert not kept.is_exclusive


def test_other_names_count_where_the_text_has_both() -> None:
    names = [
        {"name": "Ada Lovelace", "other": "Ada"},
        {"name": "Ada Lovelace", "other": "Countess"},
        "no pair",
    ]
    ((fact,), _) = read_facts(reply(said(), other_names=names), "Notes", TEXT)
    assert fact.subject.aliases == ("Ada",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("I cannot", "it holds no JSON object"),
        ("", "it holds no JSON object"),
        ("[1, 2]", "it holds no JSON object"),
        ('{"fact": []}', "it has no list `facts`"),
        ('{"facts": "none"}', "it has no list `facts`"),
        ('{"facts": [{"passage": 1, "quo', "its JSON breaks off"),
        ("[" * 100_000, "it holds no JSON object"),
        ('{"facts": []}', ""),
        ('Sure! ```json\n{"facts": [], "other_names": []}\n```', ""),
        ('<think>{"a": 1}</think>{"facts": []}', ""),
    ],
)
def test_a_reply_that_cannot_be_read_is_told_why(text: str, fault: str) -> None:
    assert find_fault(text) == fault
    if fault:
        assert read_facts(text, "Notes", TEXT) == ((), 0)


def test_whole_facts_of_a_reply_that_breaks_off_count() -> None:
    text = reply(said(), said(relation="knows", object="Bob", quote="Ada knows Bob"))[:-60]
    assert find_fault(text) == ""
    facts, dropped = read_facts(text, "Notes", TEXT)
    assert [fact.kind for fact in facts] == ["lives_in"]
    assert dropped == 0


def test_parts_fit_and_every_passage_is_in_one() -> None:
    parts = [TextPart(ordinal=number, text="x" * 1_000) for number in range(10)]
    parts.append(TextPart(ordinal=10, text="y" * 9_000))
    batches = split_parts(parts, max_tokens=1_000)
    assert [len(batch) for batch in batches] == [2, 2, 2, 2, 2, 1]
    assert [part for batch in batches for part in batch] == parts
    assert split_parts([], max_tokens=1_000) == []


def test_the_same_question_has_the_same_digest_and_another_has_not() -> None:
    digest = digest_of("m", "Notes", TEXT)
    moved = [TextPart(ordinal=9, text=each.text, headings=each.headings) for each in TEXT]
    assert digest == digest_of("m", "Notes", moved)
    assert len({digest, digest_of("n", "Notes", TEXT), digest_of("m", "Notes", TEXT[:1])}) == 3


def test_the_question_quotes_the_text_and_is_asked_again_with_the_fault() -> None:
    turns = question("Notes", TEXT)
    assert turns[1][1].startswith("[1] Notes > Who\nSince 2019 Ada")
    again = once_more(turns, "no", "it holds no JSON object")
    assert [role for role, _ in again] == ["system", "user", "assistant", "user"]
    assert "it holds no JSON object" in again[-1][1]
    assert SCHEMA["required"] == ["facts", "other_names"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I.B.M.", "ibm"),
        ("The Hague", "hague"),
        ("Müller  GmbH", "MU\u0308LLER gmbh"),
        ("Ada's", "ada"),
        ("Analytical-Engines", "analytical engines"),
    ],
)
def test_spellings_of_a_name_are_one(one: str, other: str) -> None:
    assert name_key(one) == name_key(other) != ""


def test_words_are_found_across_lines_only() -> None:
    assert find_quote("a  b", "x a\n b y") == "a\n b"
    assert find_quote("a b", "x a, b y") == ""
    assert find_quote("(.*)", "anything") == ""
