"""Words as BM25 counts them: case-folded, without Latin accents, stemmed by language. Pure.

A word's key carries its language (`de:haus`), so that a query is stemmed in each language that
the caller's documents have, and stems of different languages never meet.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import snowballstemmer  # type: ignore[import-untyped]  # ships no types

UNKNOWN: Final = "xx"
MAX_WORD: Final = 64
"""Longer runs of letters (keys, hashes) are cut to this many characters."""

_STEMMERS: Final[Mapping[str, str]] = {
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese",
    "ru": "russian", "sv": "swedish",
}  # fmt: skip

# ruff: noqa: RUF001  the lists below are words of other alphabets
# A few of each language's commonest short words; enough to tell a paragraph's language.
_COMMON: Final[Mapping[str, frozenset[str]]] = {
    code: frozenset(words.split())
    for code, words in {
        "da": "og det at en den til er som på de med han af for ikke der var sig men et har om vi",
        "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als",
        "en": "the of and to in is that it for was on are as with his they at be this from have by",
        "es": "de la que el en y a los del se las por un para con no una su al lo como más pero",
        "fi": "ja on ei se että hän oli joka mutta ovat kun niin myös sen tai mitä ole olla vain",
        "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se il",
        "it": "di e il la che in un a per è una con non sono da si del le i dei al come più della",
        "nl": "de het een en van ik te dat die in is niet op aan met voor er maar om zijn ook als",
        "no": "og i det på som er en til å han av for med at var de ikke ble har seg om et eller",
        "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas ao",
        "ru": "и в не на я что он с как это по но они к у из за то же от бы так о для все",
        "sv": "och i att det som en på är av för med till den har de inte om ett han men var jag",
    }.items()
}

_COMMON_WORDS: Final = frozenset[str]().union(*_COMMON.values())

# Scripts written without spaces: each pair of neighbouring characters is a word.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word in a text: what it is compared by, and where it stands."""

    folded: str
    start: int
    end: int


def find_words(text: str) -> Iterator[Word]:
    """Find the words of a text in order, unstemmed."""
    for match in _word_pattern().finditer(text):
        yield from _words_of(match.group(), match.start())


def find_keys(text: str, language: str, keys: AbstractSet[str]) -> Iterator[tuple[int, int]]:
    """Give where each word of a text begins and ends that has one of these keys."""
    firsts = {each.partition(":")[2][:1] for each in keys}
    for match in _word_pattern().finditer(text):
        run = match.group()
        # An English stem begins as its word does, and stemming takes longer than all else here.
        if language == "en" and run.isascii() and run[0].lower() not in firsts:
            continue
        found, spans = _keys_in(run, language)
        # Hardly any word has one, and this is asked of every word of every passage that is shown.
        if keys.isdisjoint(found):
            continue
        at = match.start()
        for each, (start, end) in zip(found, spans, strict=True):
            if each in keys:
                yield at + start, at + end


def count_words(text: str) -> Counter[str]:
    """Count the words of a text, unstemmed: what `find_words` gives, several times as fast."""
    counts: Counter[str] = Counter()
    for run, count in Counter(_word_pattern().findall(text)).items():
        for word in _words_in(run):
            counts[word] += count
    return counts


def count_keys(text: str, language: str) -> tuple[Counter[str], int]:
    """Count how often each key occurs; also give the text's length in words."""
    counts: Counter[str] = Counter()
    for word, count in count_words(text).items():
        counts[key(word, language)] += count
    return counts, counts.total()


@lru_cache(maxsize=65_536)
def key(folded: str, language: str) -> str:
    """Stem a folded word and mark it with its language."""
    name = _STEMMERS.get(language)
    stem = folded
    if name and not folded.isdigit():
        # A stemmer works on a word within itself, and two documents are read at once: one that is
        # shared by threads raises, or gives another's stem. Making one takes half a microsecond.
        stem = snowballstemmer.stemmer(name).stemWord(folded)
    return f"{language}:{stem}"


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """Make a word independent of case, width and Latin accents.

    Marks of other scripts stay: in Russian or Hindi they make another letter, not an accent.
    """
    folded = unicodedata.normalize("NFKC", word).casefold()
    if folded.isascii():
        return folded[:MAX_WORD]
    decomposed = unicodedata.normalize("NFD", folded)
    kept: list[str] = []
    base_is_latin = False
    for character in decomposed:
        if unicodedata.combining(character):
            if not base_is_latin:
                kept.append(character)
            continue
        base_is_latin = character.isascii()
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))[:MAX_WORD]


def content_keys(text: str) -> list[str]:
    """Give the keys of the words that say something, in order, the same in every language.

    For comparing two texts with each other, whose languages may be too short to be told.
    """
    return [key(word.folded, "en") for word in find_words(text) if word.folded not in _COMMON_WORDS]


def detect_language(text: str, *, sample: int = 20_000) -> str:
    """Tell a text's language by its commonest words; `xx` where none stands out."""
    words = Counter(match.casefold() for match in re.findall(r"\w+", text[:sample]))
    total = sum(words.values())
    votes = {
        code: sum(words[word] for word in common if word in words)
        for code, common in _COMMON.items()
    }
    best = max(sorted(votes), key=lambda code: votes[code])
    return best if votes[best] >= max(2, total * 0.08) else UNKNOWN


def query_keys(query: str, languages: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Give each word of a query with the keys that it may have in these languages.

    Shape: folded word → keys, in the order of the query, each word once.
    """
    known = sorted(set(languages)) or [UNKNOWN]
    return {
        word.folded: tuple(key(word.folded, language) for language in known)
        for word in find_words(query)
    }


@lru_cache(maxsize=65_536)
def _words_in(run: str) -> tuple[str, ...]:
    return tuple(word.folded for word in _words_of(run, 0))


@lru_cache(maxsize=65_536)
def _keys_in(run: str, language: str) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    words = tuple(_words_of(run, 0))
    keys = tuple(key(word.folded, language) for word in words)
    return keys, tuple((word.start, word.end) for word in words)


def _words_of(run: str, offset: int) -> Iterator[Word]:
    """Take a run of letters apart where a script without spaces begins or ends."""
    at = 0
    for unspaced in _UNSPACED.finditer(run):
        if unspaced.start() > at:
            yield Word(fold(run[at : unspaced.start()]), offset + at, offset + unspaced.start())
        yield from _pairs(unspaced.group(), offset + unspaced.start())
        at = unspaced.end()
    if at < len(run):
        yield Word(fold(run[at:]), offset + at, offset + len(run))


def _pairs(run: str, offset: int) -> Iterator[Word]:
    if len(run) == 1:
        yield Word(fold(run), offset, offset + 1)
    for index in range(len(run) - 1):
        yield Word(fold(run[index : index + 2]), offset + index, offset + index + 2)


@lru_cache(maxsize=1)
def _word_pattern() -> re.Pattern[str]:
    """Match letters and digits with the marks that belong to them; `re` alone splits at marks."""
    marks = "".join(
        chr(code) for code in range(0x300, 0x1E00) if unicodedata.category(chr(code))[0] == "M"
    )
    return re.compile(rf"[^\W_][^\W_{marks}]*(?:[{marks}]+[^\W_]*)*")
