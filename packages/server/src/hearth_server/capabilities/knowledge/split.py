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


def split_blocks(
    blocks: Iterable[Block], *, count_tokens: CountTokens, max_tokens: int, overlap: int = 0
) -> Iterator[Passage]:
    """Cut blocks into passages of at most `max_tokens`, numbered from 0 on.

    Where one run of text gives several passages, each repeats up to `overlap` tokens of whole
    pieces from the end of the one before. A document of headings only gives them as passages.
    """
    ordinal = 0
    for headings, section in _sections(blocks):
        limit = max(16, max_tokens - _heading_cost(headings, count_tokens, max_tokens))
        pieces = list(_pieces(section, count_tokens, limit))
        for group in _pack(pieces, limit, min(overlap, limit // 4)):
            text = _join(group)
            yield Passage(
                ordinal=ordinal,
                text=text,
                headings=headings,
                page=group[0].page,
                tokens=count_tokens([text])[0],
            )
            ordinal += 1


def embedded_text(passage: Passage, title: str) -> str:
    """Give what is embedded for a passage: its headings, then its text.

    The title stands in where there is no heading, so that a passage never loses its subject.
    """
    context = " > ".join(passage.headings) or title
    return f"{context}\n{passage.text}" if context else passage.text


def _sections(blocks: Iterable[Block]) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    path: list[tuple[int, str]] = []
    section: list[Block] = []
    bare: Block | None = None
    for block in blocks:
        if block.kind is not BlockKind.HEADING:
            section.append(block)
            bare = None
            continue
        if section:
            yield _titles(path), section
            section = []
        elif bare is not None and block.level <= bare.level:
            yield _titles(path[:-1]), [bare]
        text = " ".join(block.text.split())[:_MAX_HEADING]
        path = [entry for entry in path if entry[0] < block.level]
        path.append((block.level, text))
        bare = Block(text=text, level=block.level, page=block.page)
    if section:
        yield _titles(path), section
    elif bare is not None:
        yield _titles(path[:-1]), [bare]


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


def _pack(pieces: Sequence[_Piece], limit: int, overlap: int) -> Iterator[list[_Piece]]:
    group: list[_Piece] = []
    size = 0
    for piece in pieces:
        if group and piece.page != group[0].page:
            yield group
            group, size = [], 0
        elif group and size + piece.tokens > limit:
            yield group
            group = _tail(group, min(overlap, limit - piece.tokens))
            size = sum(each.tokens for each in group)
        group.append(piece)
        size += piece.tokens
    if group:
        yield group


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
