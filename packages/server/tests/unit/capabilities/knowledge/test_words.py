"""Words: what counts as one, and what makes two of them the same."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hearth_server.capabilities.knowledge.words import (
    count_keys,
    count_words,
    detect_language,
    find_words,
    fold,
    key,
    query_keys,
)
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit


def folded(text: str) -> list[str]:
    return [word.folded for word in find_words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World-wide web_site 42", ["hello", "world", "wide", "web", "site", "42"]),
        ("Crème brûlée, ÉTÉ", ["creme", "brulee", "ete"]),
        ("Straße", ["strasse"]),
        ("\ufb01ne \uff37\uff49\uff44\uff45", ["fine", "wide"]),
        ("Ещё йод", ["ещё", "йод"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("東京都に", ["東京", "京都", "都に"]),
        ("水", ["水"]),
        ("Python3の関数", ["python3", "の関", "関数"]),
        ("", []),
        ("… — !", []),
    ],
    ids=["latin", "accents", "sharp-s", "width", "cyrillic", "indic", "han", "one", "mixed",
         "empty", "marks"],
)  # fmt: skip
def test_words_by_script(text: str, expected: list[str]) -> None:
    assert folded(text) == expected


@pytest.mark.parametrize(
    ("text", "language", "counts"),
    [
        ("running runs", "en", {"en:run": 2}),
        ("Häuser Hauses", "de", {"de:haus": 2}),
        ("running", "xx", {"xx:running": 1}),
    ],
)
def test_stems_meet_within_language(text: str, language: str, counts: dict[str, int]) -> None:
    assert count_keys(text, language) == (counts, sum(counts.values()))


def test_query_has_every_language() -> None:
    assert query_keys("Running running", ("en", "xx")) == {"running": ("en:run", "xx:running")}
    assert query_keys("word", ()) == {"word": ("xx:word",)}


def test_long_word_is_cut() -> None:
    assert fold("x" * 5_000) == "x" * 64


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The cat sat on the mat and it was happy with the food that he gave.", "en"),
        ("Der Hund und die Katze sind nicht auf dem Dach, sie ist im Haus.", "de"),
        ("Le chat est sur la table et il ne veut pas de pain dans la cuisine.", "fr"),
        ("Кошка не была на столе, и он так и не понял, что это за дом.", "ru"),
        ("zxcv qwer asdf poiu lkjh", "xx"),
        ("", "xx"),
    ],
    ids=["en", "de", "fr", "ru", "gibberish", "empty"],
)
def test_language_by_common_words(text: str, language: str) -> None:
    assert detect_language(text) == language


@given(st.text(max_size=200))
def test_places_are_in_text(text: str) -> None:
    for word in find_words(text):
        assert 0 <= word.start < word.end <= len(text)
        assert word.folded


@given(st.text(max_size=200) | st.text(alphabet="aä東京ก \u0301x9_", max_size=60))
def test_counting_equals_finding(text: str) -> None:
    assert count_words(text) == Counter(folded(text))


@given(st.text(max_size=200), st.sampled_from(["en", "de", "xx"]))
def test_length_is_sum_of_counts(text: str, language: str) -> None:
    counts, length = count_keys(text, language)
    assert sum(counts.values()) == length


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """Let threads take turns ten times a millisecond at least, as on a machine with much to do."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("busy_threads")
def test_words_of_two_documents_at_once_do_not_mix() -> None:
    stems = ("relation", "digitiz", "operat", "feudal", "decis", "formal", "sensit", "adopt")
    words = [f"{stem}{end}{n}ness" for n in range(60) for stem in stems for end in ("ing", "ation")]
    key.cache_clear()
    alone = {word: key(word, "en") for word in words}
    for _ in range(5):
        key.cache_clear()
        with ThreadPoolExecutor(4) as pool:
            parts = [words[start::4] + words[:start] for start in range(4)]
            found = list(pool.map(lambda part: {word: key(word, "en") for word in part}, parts))
        assert all(alone[word] == stem for part in found for word, stem in part.items())
