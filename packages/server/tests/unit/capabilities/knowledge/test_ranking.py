"""BM25 against the formula written out, and the fusion of two legs."""

from __future__ import annotations

import math
from collections import Counter
from uuid import UUID

import pytest
from hearth_server.capabilities.knowledge.bm25 import (
    Postings,
    Statistics,
    pack_postings,
    score_bm25,
)
from hearth_server.capabilities.knowledge.model import PassageKey, Span
from hearth_server.capabilities.knowledge.ranking import (
    best,
    find_highlights,
    fuse_ranks,
    fuse_weighted,
)
from hearth_server.capabilities.knowledge.words import key as word_key
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

Collection = list[list[list[str]]]
WORDS = st.sampled_from(["ash", "birch", "cedar", "elm", "fir"])
COLLECTIONS = st.lists(
    st.lists(st.lists(WORDS, min_size=1, max_size=12), min_size=1, max_size=4),
    min_size=1,
    max_size=5,
)


def naive_bm25(collection: Collection, query: set[str]) -> dict[PassageKey, float]:
    """Write the formula out, passage by passage."""
    passages = {
        PassageKey(document_id=UUID(int=d), ordinal=o): words
        for d, document in enumerate(collection)
        for o, words in enumerate(document)
    }
    average = sum(len(words) for words in passages.values()) / len(passages)
    scores = {}
    for key, words in passages.items():
        score = 0.0
        for word in query & set(words):
            n = sum(word in other for other in passages.values())
            idf = math.log(1 + (len(passages) - n + 0.5) / (n + 0.5))
            tf = words.count(word)
            score += idf * tf * 2.2 / (tf + 1.2 * (1 - 0.75 + 0.75 * len(words) / average))
        if score:
            scores[key] = score
    return scores


def postings_of(
    collection: Collection, *, unwanted: frozenset[int] = frozenset()
) -> list[Postings]:
    found: dict[str, list[tuple[UUID, bool, bytes]]] = {}
    for d, document in enumerate(collection):
        entries: dict[str, list[tuple[int, int, int]]] = {}
        for o, words in enumerate(document):
            for word, count in Counter(words).items():
                entries.setdefault(word, []).append((o, count, len(words)))
        for word, rows in entries.items():
            entry = (UUID(int=d), d not in unwanted, pack_postings(rows))
            found.setdefault(word, []).append(entry)
    return [Postings.of(word, each) for word, each in found.items()]


def statistics_of(collection: Collection) -> Statistics:
    passages = [words for document in collection for words in document]
    return Statistics(passages=len(passages), words=sum(map(len, passages)), languages=("xx",))


@settings(deadline=None)
@given(COLLECTIONS, st.sets(WORDS, min_size=1))
def test_scores_equal_formula(collection: Collection, query: set[str]) -> None:
    words = {word: (word,) for word in query}
    scores = score_bm25(words, postings_of(collection), statistics_of(collection))
    expected = naive_bm25(collection, query)
    assert len(scores) == len(expected)
    assert scores.top(1_000) == pytest.approx(expected)
    for key, score in expected.items():
        assert scores.score(key) == pytest.approx(score)


@given(COLLECTIONS, st.sets(WORDS, min_size=1))
def test_filter_keeps_scores(collection: Collection, query: set[str]) -> None:
    """A filter hides documents; it must not change how rare a word is."""
    words = {word: (word,) for word in query}
    hidden = postings_of(collection, unwanted=frozenset({0}))
    scores = score_bm25(words, hidden, statistics_of(collection)).top(1_000)
    expected = {
        key: score
        for key, score in naive_bm25(collection, query).items()
        if key.document_id != UUID(int=0)
    }
    assert scores == pytest.approx(expected)


def test_top_is_ordered() -> None:
    collection = [[["ash", "elm"], ["ash", "ash"], ["elm", "fir"]], [["ash", "elm"]]]
    scores = score_bm25({"ash": ("ash",)}, postings_of(collection), statistics_of(collection))
    keys = [(key.document_id.int, key.ordinal) for key in scores.top(10)]
    assert keys == [(0, 1), (0, 0), (1, 0)]
    assert len(scores.top(1)) == 1


def test_stems_of_word_count_as_one() -> None:
    collection = [[["en:run", "elm"]], [["de:runn", "elm"]]]
    words = {"run": ("de:runn", "en:run")}
    scores = score_bm25(words, postings_of(collection), statistics_of(collection)).top(10)
    assert len(set(scores.values())) == 1
    assert next(iter(scores.values())) == pytest.approx(math.log(1 + 0.5 / 2.5))


def test_nothing_found_is_empty() -> None:
    scores = score_bm25({"ash": ("ash",)}, [], Statistics(passages=0, words=0, languages=()))
    assert len(scores) == 0
    assert scores.top(5) == {}
    assert scores.score(PassageKey(document_id=UUID(int=1), ordinal=0)) == 0.0


def test_weighted_stretches_both_legs() -> None:
    fused = fuse_weighted({"a": 0.9, "b": 0.5, "c": 0.1}, {"a": 0.0, "b": 10.0, "c": 5.0})
    assert fused == pytest.approx({"a": 0.5, "b": 0.75, "c": 0.25})


def test_weight_prefers_one_leg() -> None:
    legs = ({"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 1.0})
    assert fuse_weighted(*legs, vector_weight=0.8) == pytest.approx({"a": 0.8, "b": 0.2})


def test_lone_value_counts_full() -> None:
    assert fuse_weighted({"a": 0.3}, {}) == pytest.approx({"a": 0.5})


def test_ranks_ignore_scores() -> None:
    fused = fuse_ranks({"a": 100.0, "b": 1.0}, {"b": 0.2, "a": 0.1})
    assert fused == pytest.approx({"a": 1 / 61 + 1 / 62, "b": 1 / 61 + 1 / 62})


@given(
    st.dictionaries(st.integers(), st.floats(0, 1)), st.dictionaries(st.integers(), st.floats(0, 9))
)
def test_fusion_stays_in_range(vector: dict[int, float], text: dict[int, float]) -> None:
    fused = fuse_weighted(vector, text)
    assert set(fused) == set(vector) | set(text)
    assert all(0.0 <= score <= 1.0 for score in fused.values())


def test_best_breaks_ties_by_key() -> None:
    assert best({"c": 1.0, "a": 1.0, "b": 2.0}, 2) == [("b", 2.0), ("a", 1.0)]


def test_highlights_cover_inflections() -> None:
    text = "Rivers run; the river ran."
    spans = find_highlights(text, "en", frozenset({"en:river"}))
    assert spans == (Span(start=0, end=6), Span(start=16, end=21))


@pytest.mark.parametrize("word", ["Skies", "DYING", "yearly", "42nd", "Ugly", "eyes"])
def test_a_word_is_highlighted_by_its_own_key(word: str) -> None:
    spans = find_highlights(f"so {word} it", "en", frozenset({word_key(word.casefold(), "en")}))
    assert spans == (Span(start=3, end=3 + len(word)),)


def test_highlights_join_pairs() -> None:
    spans = find_highlights("東京都の水", "xx", frozenset({"xx:東京", "xx:京都"}))
    assert spans == (Span(start=0, end=3),)
