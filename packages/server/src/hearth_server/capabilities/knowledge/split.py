"""Cut a document's blocks into passages by the embedder's own token count. Pure.

A passage never crosses a heading or a page, so that what is cited stands where it says, and
carries the headings above it.
Paragraphs are kept whole where they fit; what does not fit is cut between sentences, then words,
then characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from hearth_server.capabilities.knowledge.model import Passage

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""Gives each text's length in the embedder's tokens; called with many texts at a time."""

MAX_HEADINGS: Final = 6
_MAX_HEADING: Final = 300
_SENTENCE: Final = re.compile(
    r"(?<=[.!?\u2026])[\"'\u201d\u2019)\]]*\s+|(?<=[\u3002\uff01\uff1f])|\n+"
)
_WORD: Final = re.compile(r"\S+\s*")
_BLOCKS_AT_ONCE: Final = 256
"""Blocks whose tokens are counted together."""


class BlockKind(StrEnum):
    """What a reader saw."""

    HEADING = "heading"
    TEXT = "text"
    CODE = "code"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, heading, table or listing, in reading order."""

    text: str
    kind: BlockKind = BlockKind.TEXT
    level: int = 0
    """Of a heading, 0 for a document's title and from 1 on below it; 0 else."""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    tokens: int
    page: int | None
    glue: str


class Splitter:
    """Cuts blocks into passages of at most `max_tokens`, numbered from 0 on.

    Where one run of text gives several passages, each repeats up to `overlap` tokens of whole
    pieces from the end of the one before. A document of headings only gives them as passages.

    It keeps what may still become part of the next passage and no more, so that a document of any
    length takes little memory. Both methods give the passages that are finished.
    """

    def __init__(self, *, count_tokens: CountTokens, max_tokens: int, overlap: int = 0) -> None:
        self._count_tokens = count_tokens
        self._max_tokens = max_tokens
        self._overlap = overlap
        self._path: list[tuple[int, str]] = []
        self._section: _Section | None = None
        self._bare: Block | None = None
        self._ordinal = 0

    def add(self, blocks: Iterable[Block]) -> Iterator[Passage]:
        """Take the next blocks."""
        for block in blocks:
            if block.kind is BlockKind.HEADING:
                yield from self._enter(block)
                continue
            if self._section is None:
                self._section = self._open(_titles(self._path))
            self._bare = None
            yield from self._section.add(block, self._number)

    def end(self) -> Iterator[Passage]:
        """Give what is left."""
        if self._section is not None:
            yield from self._section.end(self._number)
        elif self._bare is not None:
            yield from self._alone(self._bare)
        self._section = self._bare = None

    def _enter(self, heading: Block) -> Iterator[Passage]:
        if self._section is not None:
            yield from self._section.end(self._number)
            self._section = None
        elif self._bare is not None and heading.level <= self._bare.level:
            yield from self._alone(self._bare)
        text = " ".join(heading.text.split())[:_MAX_HEADING]
        self._path = [entry for entry in self._path if entry[0] < heading.level]
        self._path.append((heading.level, text))
        self._bare = Block(text=text, level=heading.level, page=heading.page)

    def _alone(self, bare: Block) -> Iterator[Passage]:
        section = self._open(_titles(self._path[:-1]))
        yield from section.add(bare, self._number)
        yield from section.end(self._number)

    def _open(self, headings: tuple[str, ...]) -> _Section:
        cost = _heading_cost(headings, self._count_tokens, self._max_tokens)
        limit = max(16, self._max_tokens - cost)
        return _Section(headings, self._count_tokens, limit, min(self._overlap, limit // 4))

    def _number(self) -> int:
        self._ordinal += 1
        return self._ordinal - 1


def embedded_text(passage: Passage, title: str) -> str:
    """Give what is embedded for a passage: its headings, then its text.

    The title stands in where there is no heading, so that a passage never loses its subject.
    """
    context = " > ".join(passage.headings) or title
    return f"{context}\n{passage.text}" if context else passage.text


def _titles(path: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(text for _, text in path if text)[-MAX_HEADINGS:]


def _heading_cost(headings: Sequence[str], count_tokens: CountTokens, max_tokens: int) -> int:
    if not headings:
        return 0
    return min(count_tokens([" > ".join(headings)])[0] + 1, max_tokens // 3)


def _pieces(section: Sequence[Block], count_tokens: CountTokens, limit: int) -> Iterator[_Piece]:
    texts = [block.text.strip() for block in section]
    for block, text, tokens in zip(section, texts, count_tokens(texts), strict=True):
        if not text:
            continue
        if tokens <= limit:
            yield _Piece(text, tokens, block.page, "\n\n")
            continue
        for index, (part, size) in enumerate(_cut(text, count_tokens, limit, _by_sentence)):
            yield _Piece(part, size, block.page, "\n\n" if index == 0 else "")


def _cut(
    text: str, count_tokens: CountTokens, limit: int, cutter: Callable[[str], list[str]]
) -> Iterator[tuple[str, int]]:
    parts = cutter(text)
    following = _by_word if cutter is _by_sentence else _by_half
    for part, tokens in zip(parts, count_tokens(parts), strict=True):
        if tokens <= limit or len(part) <= 1:
            yield part, tokens
        else:
            yield from _cut(part, count_tokens, limit, following)


def _by_sentence(text: str) -> list[str]:
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    edges = [0, *(end for end in ends if 0 < end < len(text)), len(text)]
    return [text[start:end] for start, end in pairwise(edges) if end > start]


def _by_word(text: str) -> list[str]:
    lead = text[: len(text) - len(text.lstrip())]
    words = _WORD.findall(text)
    return [lead + words[0], *words[1:]] if words else [text]


def _by_half(text: str) -> list[str]:
    middle = len(text) // 2
    return [text[:middle], text[middle:]]


class _Section:
    """The text below one heading, packed while it comes."""

    def __init__(
        self, headings: tuple[str, ...], count_tokens: CountTokens, limit: int, overlap: int
    ) -> None:
        self._headings = headings
        self._count_tokens = count_tokens
        self._limit = limit
        self._overlap = overlap
        self._waiting: list[Block] = []
        self._group: list[_Piece] = []
        self._size = 0

    def add(self, block: Block, number: Callable[[], int]) -> Iterator[Passage]:
        self._waiting.append(block)
        if len(self._waiting) == _BLOCKS_AT_ONCE:
            yield from self._pack(number)

    def end(self, number: Callable[[], int]) -> Iterator[Passage]:
        yield from self._pack(number)
        if self._group:
            yield self._passage(number)

    def _pack(self, number: Callable[[], int]) -> Iterator[Passage]:
        waiting, self._waiting = self._waiting, []
        for piece in _pieces(waiting, self._count_tokens, self._limit):
            if self._group and piece.page != self._group[0].page:
                yield self._passage(number)
                self._group, self._size = [], 0
            elif self._group and self._size + piece.tokens > self._limit:
                yield self._passage(number)
                self._group = _tail(self._group, min(self._overlap, self._limit - piece.tokens))
                self._size = sum(each.tokens for each in self._group)
            self._group.append(piece)
            self._size += piece.tokens

    def _passage(self, number: Callable[[], int]) -> Passage:
        text = _join(self._group)
        return Passage(
            ordinal=number(),
            text=text,
            headings=self._headings,
            page=self._group[0].page,
            tokens=self._count_tokens([text])[0],
        )


def _tail(group: Sequence[_Piece], budget: int) -> list[_Piece]:
    kept: list[_Piece] = []
    for piece in reversed(group[1:]):
        budget -= piece.tokens
        if budget < 0:
            break
        kept.insert(0, piece)
    return kept


def _join(group: Sequence[_Piece]) -> str:
    first, *rest = group
    return "".join([first.text, *(piece.glue + piece.text for piece in rest)]).strip()
