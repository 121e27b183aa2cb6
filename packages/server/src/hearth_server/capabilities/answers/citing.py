"""Markers like `[1]` in an answer: followed while it is written, checked when it is whole. Pure.

The check is by words: a statement is held by a passage that has at least half of its words and
all of its numbers. It finds what was made up and what was cited wrongly, in any language that
question and passage share; it does not see a "not" that was added.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hearth_server.capabilities.answers.model import (
    Cited,
    Source,
    Statement,
    Support,
    TextWritten,
)
from hearth_server.capabilities.answers.ports import Wording

ENOUGH: Final = 0.5
"""Share of a statement's words that its passages must hold."""
FEWEST_WORDS: Final = 2
"""Fewer words, and no number, say nothing that could be checked: a heading, a yes."""

_MARKER: Final = re.compile(r"\s{0,3}\[(\d{1,3}(?:\s?[,;]\s?\d{1,3})*)\]")
_OPEN: Final = re.compile(r"\[[\d\s,;]{0,30}\Z")
_QUOTES: Final = "[\"')*_\u2019\u201d]*"
_STOP: Final = rf"(?:[.!?]{_QUOTES}(?=[\s\[]|\Z)|[\u3002\uff01\uff1f]{_QUOTES})"
_END: Final = re.compile(rf"{_STOP}(?:\s?\[\d{{1,3}}\])*")
_LAST: Final = re.compile(rf"{_STOP}\Z")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")


class MarkerStream:
    """Takes an answer's pieces as they come; gives text without markers of unknown sources."""

    def __init__(self, sources: int) -> None:
        self._known = range(1, sources + 1)
        self._held = ""
        self.text = ""
        """All that was given so far."""

    def feed(self, piece: str) -> list[TextWritten | Cited]:
        """Take a further piece; what may become a marker is held back."""
        text = self._held + piece
        at = _held_from(text)
        self._held = text[at:]
        return self._give(text[:at])

    def end(self) -> list[TextWritten | Cited]:
        """Give what was held back."""
        held, self._held = self._held.rstrip(), ""
        return self._give(held)

    def _give(self, text: str) -> list[TextWritten | Cited]:
        events: list[TextWritten | Cited] = []
        at = 0
        for marker in _MARKER.finditer(text):
            numbers = [each for each in _numbers_in(marker[1]) if each in self._known]
            shown = text[at : marker.start()]
            if numbers:
                shown += (" " if marker[0][0].isspace() else "") + _marks(numbers)
            at = marker.end()
            if shown:
                events.append(TextWritten(text=shown))
            events += [Cited(number=each) for each in numbers]
        if text[at:]:
            events.append(TextWritten(text=text[at:]))
        self.text += "".join(each.text for each in events if isinstance(each, TextWritten))
        return events


def _held_from(text: str) -> int:
    tail = max(0, len(text) - 40)
    found = _OPEN.search(text, tail)
    return len(text[: found.start() if found else len(text)].rstrip())


def _numbers_in(inner: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", inner)]


def _marks(numbers: Sequence[int]) -> str:
    return "".join(f"[{each}]" for each in numbers)


@dataclass(frozen=True, slots=True)
class _Held:
    """What a source holds, as statements are compared with it."""

    words: frozenset[str]
    numbers: frozenset[str]


def check_statements(
    text: str, sources: Sequence[Source], words: Wording
) -> tuple[str, tuple[Statement, ...]]:
    """Check each sentence; give the text with its markers put right, and what was found.

    A marker that leads to a passage without what the sentence says is replaced by the one that
    has it; where none has, the sentence is left without a marker and called unsupported.
    """
    held = {each.number: _held(_whole(each), words) for each in sources}
    written = ""
    statements: list[Statement] = []
    for sentence in split_sentences(text):
        body = _MARKER.sub("", sentence)
        start = len(written) + len(body) - len(body.lstrip())
        wanted = _held(body, words)
        if len(wanted.words) < FEWEST_WORDS and not wanted.numbers:
            written += body
            continue
        cited = tuple(
            dict.fromkeys(n for m in _MARKER.finditer(sentence) for n in _numbers_in(m[1]))
        )
        numbers, support, share = _judge(wanted, cited, held)
        written += _with_marks(body, numbers)
        statements.append(
            Statement(
                start=start,
                end=len(written.rstrip()),
                sources=numbers,
                support=support,
                share=round(share, 3),
            )
        )
    return written, tuple(statements)


def split_sentences(text: str) -> list[str]:
    """Cut a text into sentences, each with its markers; nothing of it is lost."""
    sentences: list[str] = []
    for line in text.splitlines(keepends=True):
        at = 0
        for end in _END.finditer(line):
            sentences.append(line[at : end.end()])
            at = end.end()
        if line[at:].strip() or at == 0:
            sentences.append(line[at:])
        else:
            sentences[-1] += line[at:]
    return sentences


def _judge(
    wanted: _Held, cited: tuple[int, ...], held: dict[int, _Held]
) -> tuple[tuple[int, ...], Support, float]:
    known = tuple(each for each in cited if each in held)
    share = _share(wanted, [held[each] for each in known])
    if known and share >= ENOUGH:
        return known, Support.SUPPORTED, share
    best = max(held, key=lambda each: (_share(wanted, [held[each]]), -each), default=0)
    share = _share(wanted, [held[best]]) if best else 0.0
    if share >= ENOUGH:
        return (best,), Support.REPAIRED, share
    return (), Support.UNSUPPORTED, share


def _share(wanted: _Held, passages: Sequence[_Held]) -> float:
    """Give the share of words that these passages hold together; 0 where a number is missing."""
    words = frozenset[str]().union(*(each.words for each in passages))
    numbers = frozenset[str]().union(*(each.numbers for each in passages))
    if not passages or not wanted.numbers <= numbers:
        return 0.0
    if not wanted.words:
        return 1.0
    return len(wanted.words & words) / len(wanted.words)


def _held(text: str, words: Wording) -> _Held:
    # `3.5` and `3,5`, `1,000` and `1000` are one number each.
    numbers = {re.sub(r"[.,]", "", each) for each in _NUMBER.findall(text)}
    return _Held(
        words=frozenset(each for each in words(text) if not each.rpartition(":")[2].isdigit()),
        numbers=frozenset(numbers),
    )


def _whole(source: Source) -> str:
    return "\n".join((source.title, *source.headings, source.text))


def _with_marks(body: str, numbers: Sequence[int]) -> str:
    """Put markers before the mark that ends the sentence, else at its end."""
    if not numbers:
        return body
    bare = body.rstrip()
    end = _LAST.search(bare, max(0, len(bare) - 10))
    at = end.start() if end else len(bare)
    return f"{bare[:at]} {_marks(numbers)}{bare[at:]}{body[len(bare) :]}"
