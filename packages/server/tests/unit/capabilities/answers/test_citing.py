"""Markers followed while they are written, and statements checked when the answer is whole."""

from __future__ import annotations

from uuid import UUID

import pytest
from hearth_server.capabilities.answers.citing import (
    MarkerStream,
    check_statements,
    split_sentences,
)
from hearth_server.capabilities.answers.model import Cited, Source, Support, TextWritten
from hearth_server.capabilities.knowledge.words import content_keys

pytestmark = pytest.mark.unit


def source(number: int, text: str, *, title: str = "notes") -> Source:
    return Source(
        number=number,
        document_id=UUID(int=number),
        ordinal=0,
        title=title,
        source_type="upload",
        source=title,
        page=None,
        headings=(),
        text=text,
        score=1.0,
        queries=(),
    )


RIVERS = (
    source(1, "The Danube is 2,850 km long and flows into the Black Sea."),
    source(2, "The Rhine springs in the Alps and ends in the North Sea."),
)


def follow(*pieces: str, sources: int = 2) -> tuple[str, list[int], list[str]]:
    stream = MarkerStream(sources)
    events = [each for piece in pieces for each in stream.feed(piece)] + stream.end()
    texts = [each.text for each in events if isinstance(each, TextWritten)]
    assert "".join(texts) == stream.text
    return stream.text, [each.number for each in events if isinstance(each, Cited)], texts


def test_marker_in_pieces_stays_whole() -> None:
    text, cited, pieces = follow("It is long ", "[", "1", "].", " And wide [1, 2].")
    assert text == "It is long [1]. And wide [1][2]."
    assert cited == [1, 1, 2]
    assert not any(each.endswith(("[", "[1")) for each in pieces)


def test_unknown_marker_is_never_shown() -> None:
    assert follow("Made up [7]. Known [2][9].")[0] == "Made up. Known [2]."


@pytest.mark.parametrize("text", ["a [b] c", "x[", "see [1", "list [] end", "[2026-01-01]"])
def test_other_brackets_are_text(text: str) -> None:
    assert follow(*text)[:2] == (text, [])


def test_every_cut_gives_the_same() -> None:
    whole = "One [1]. Two  [2, 1]\nThree [x] [3] four."
    expected = follow(whole)
    for at in range(len(whole)):
        assert follow(whole[:at], whole[at:])[:2] == expected[:2]


def judge(text: str) -> tuple[str, list[tuple[Support, tuple[int, ...]]]]:
    checked, statements = check_statements(text, RIVERS, content_keys)
    for each in statements:
        assert checked[each.start : each.end].strip() == checked[each.start : each.end]
    return checked, [(each.support, each.sources) for each in statements]


def test_true_statement_is_supported() -> None:
    text = "The Danube is 2850 km long [1]."
    assert judge(text) == (text, [(Support.SUPPORTED, (1,))])


def test_wrong_passage_is_put_right() -> None:
    assert judge("The Danube flows into the Black Sea [2].") == (
        "The Danube flows into the Black Sea [1].",
        [(Support.REPAIRED, (1,))],
    )


def test_missing_marker_is_added() -> None:
    assert judge("The Rhine springs in the Alps. It ends in the North Sea.") == (
        "The Rhine springs in the Alps [2]. It ends in the North Sea [2].",
        [(Support.REPAIRED, (2,)), (Support.REPAIRED, (2,))],
    )


def test_invention_loses_its_marker() -> None:
    assert judge("Julius Caesar founded Vienna with three legions [1].") == (
        "Julius Caesar founded Vienna with three legions.",
        [(Support.UNSUPPORTED, ())],
    )


def test_wrong_number_is_unsupported() -> None:
    """All of its words are in the passage; the number is not."""
    assert judge("The Danube is 3,850 km long [1].")[1] == [(Support.UNSUPPORTED, ())]


def test_two_passages_support_together() -> None:
    text = "The Danube flows into the Black Sea, the Rhine springs in the Alps [1][2]."
    assert judge(text)[1] == [(Support.SUPPORTED, (1, 2))]


def test_heading_is_no_statement() -> None:
    text = "**Rivers**\n\nThe Rhine springs in the Alps [2].\n"
    assert judge(text) == (text, [(Support.SUPPORTED, (2,))])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two? Three!", 3),
        ("It is 3.5 m. It is 4 m.", 2),
        ('He said "no." [1] Then he left. [2]', 2),
        ("- first\n- second\n", 2),
        ("一つです。二つです。[1]三つ", 3),
        ("", 0),
    ],
    ids=["marks", "decimals", "marker after", "list", "no spaces", "empty"],
)
def test_sentences_lose_nothing(text: str, count: int) -> None:
    sentences = split_sentences(text)
    assert "".join(sentences) == text
    assert len(sentences) == count
