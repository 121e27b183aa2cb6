"""What a model is asked, how its replies are read, and which passages are used."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hearth_server.capabilities.answers.ports import FoundPassage
from hearth_server.capabilities.answers.rules import (
    fit_sources,
    keep_relevant,
    merge_passages,
    read_queries,
    read_relevant,
    says_nothing,
)

pytestmark = pytest.mark.unit


def found(number: int, text: str, *, likeness: float | None = None) -> FoundPassage:
    return FoundPassage(
        document_id=UUID(int=number),
        ordinal=0,
        title="",
        source_type="upload",
        source="",
        page=None,
        headings=(),
        text=text,
        likeness=likeness,
    )


@pytest.mark.parametrize(
    ("reply", "queries"),
    [
        ('{"queries": ["a  b", "c", "a b"]}', ("a b", "c")),
        ('Sure!\n```json\n["a", 7, ""]\n```', ("a",)),
        ("1. a\n2. b", ()),
        ('{"queries": "a"}', ()),
        ("[" * 5_000, ()),
        ('["1", "2", "3", "4", "5"]', ("1", "2", "3", "4")),
    ],
    ids=["object", "fenced list", "no JSON", "no list", "nested", "too many"],
)
def test_queries_are_read(reply: str, queries: tuple[str, ...]) -> None:
    assert read_queries(reply) == queries


@pytest.mark.parametrize(
    ("reply", "numbers"),
    [
        ('{"relevant": [1, "3"]}', {1, 3}),
        ('{"relevant": []}', set()),
        ("[2]", {2}),
        ('{"relevant": [true, -1, 1e9]}', set()),
        ("all of them", None),
    ],
)
def test_grades_are_read(reply: str, numbers: set[int] | None) -> None:
    assert read_relevant(reply) == numbers


@pytest.mark.parametrize("text", ["NOTHING", " nothing.\n", "**NOTHING**", "[NOTHING]"])
def test_nothing_is_understood(text: str) -> None:
    assert says_nothing(text)


def test_nothing_in_a_sentence_is_text() -> None:
    assert not says_nothing("Nothing is known of it [1].")


def test_passage_of_two_queries_comes_first() -> None:
    one, two, three = found(1, "ash tree"), found(2, "ash elm"), found(3, "elm")
    sources, dropped = merge_passages(
        [("ash", [one, two]), ("elm", [three, two])], str.split, limit=2
    )
    assert [(each.number, each.text) for each in sources] == [(1, "ash elm"), (2, "ash tree")]
    assert sources[0].queries == ("ash", "elm")
    assert [(each.document_id.int, each.reason) for each in dropped] == [
        (3, "is not among the 2 best")
    ]


def test_stranger_is_dropped_and_told() -> None:
    near, far = found(1, "oak", likeness=0.6), found(2, "oak", likeness=0.1)
    sources, dropped = merge_passages([("ash", [near, far])], str.split, limit=5)
    assert [each.document_id.int for each in sources] == [1]
    assert dropped[0].reason == "shares no word with the query and is not like it"


def test_likeness_is_judged_as_the_embedder_means_it() -> None:
    """To some models every two texts have a cosine of 0.7: that alone makes nothing relevant."""
    hits = [
        replace(found(number, "oak", likeness=0.75), like=like)
        for number, like in ((1, 0.3), (2, 0.8))
    ]
    sources, _ = merge_passages([("ash", hits)], str.split, limit=5)
    assert [each.document_id.int for each in sources] == [1]


def test_dropped_by_one_query_kept_by_another() -> None:
    oak = found(1, "oak")
    sources, dropped = merge_passages([("ash", [oak]), ("oak", [oak])], str.split, limit=5)
    assert len(sources) == 1
    assert dropped == ()


def test_relevant_are_numbered_anew() -> None:
    sources, _ = merge_passages(
        [("ash", [found(1, "ash a"), found(2, "ash b"), found(3, "ash c")])], str.split, limit=3
    )
    kept, dropped = keep_relevant(sources, frozenset({1, 3, 9}))
    assert [(each.number, each.text) for each in kept] == [(1, "ash a"), (2, "ash c")]
    assert dropped[0].reason == "the language model finds that it does not help to answer"


def test_too_long_is_left_out() -> None:
    sources, _ = merge_passages(
        [("ash", [found(1, "ash " * 60), found(2, "ash " * 60), found(3, "ash")])],
        str.split,
        limit=3,
    )
    kept, dropped = fit_sources(sources, max_tokens=100)
    assert [each.document_id.int for each in kept] == [1, 3]
    assert dropped[0].reason == "does not fit into what the language model can take"
    assert [each.document_id.int for each in fit_sources(sources, max_tokens=1)[0]] == [1]
