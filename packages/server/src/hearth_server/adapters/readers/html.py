"""Web pages: the main text with its headings, without navigation, scripts and forms.

A page is taken as a stream of what opens, what is said and what closes, and no tree is built of it:
a tree takes some fifteen times the page, and pages that programs write have tens of megabytes.
libxml2 sees to it that all that opens closes, whatever the page says.

Source: https://lxml.de/parsing.html#the-target-parser-interface (read 2026-11).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # it has no types

from hearth_server.adapters.readers.parts import Part, RawBlock, ReadError, clean
from hearth_server.adapters.readers.text import decode, pieces

_DROPPED: Final = frozenset(
    {
        *("script", "style", "noscript", "template", "svg", "canvas", "iframe", "object", "embed"),
        *("form", "button", "input", "select", "nav", "footer", "aside", "dialog"),
    }
)
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_INLINE: Final = frozenset(
    {
        *("a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font"),
        *("i", "ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small"),
        *("span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
    }
)
_ROOTS: Final = ("main", "article", "body")
"""What the text of a page is, the narrowest first; the first of its name counts."""
_BLOCKS_A_PART: Final = 1_000
_HEAD: Final = 2048
_PIECE: Final = 1024 * 1024
_DEEPEST: Final = 10_000
_LONGEST: Final = 256 * 1024
"""Characters of one paragraph after which it is cut at a space."""


def read(path: Path, max_pages: int) -> Iterator[Part]:  # noqa: ARG001  a web page has one page
    """Give the blocks, some thousand at a time."""
    blocks = _blocks_of(_pieces(path))
    for start in range(0, len(blocks), _BLOCKS_A_PART):
        yield Part(blocks[start : start + _BLOCKS_A_PART], start, len(blocks))
    yield Part([], len(blocks), len(blocks))


def blocks_of(data: bytes) -> list[RawBlock]:
    """Give the blocks of a web page's bytes."""
    encoding = _declared(data[:_HEAD])
    try:
        text = data.decode(encoding) if encoding else decode(data)
    except UnicodeDecodeError:
        text = decode(data)
    return _blocks_of(text[at : at + _PIECE] for at in range(0, len(text), _PIECE))


def _blocks_of(texts: Iterable[str]) -> list[RawBlock]:
    page = _Page()
    parser = etree.HTMLParser(target=page, huge_tree=True)
    for text in texts:
        parser.feed(text)
    # An empty file has no element, which is an error to the parser alone.
    with suppress(etree.XMLSyntaxError):
        parser.close()
    return page.blocks()


def _pieces(path: Path) -> Iterator[str]:
    """Prefer what the page itself declares about its encoding, as long as that holds."""
    with path.open("rb") as file:
        encoding = _declared(file.read(_HEAD))
    if not encoding or not _holds(path, encoding):
        yield from pieces(path)
        return
    with path.open(encoding=encoding, newline="") as file:
        while text := file.read(_PIECE):
            yield text


def _declared(head: bytes) -> str:
    head = head.lower()
    if b"charset=" not in head:
        return ""
    name = head.split(b"charset=", 1)[1].lstrip(b"\"' ")
    for end in (b'"', b"'", b">", b";"):
        name = name.split(end)[0]
    try:
        return codecs.lookup(name.decode("ascii", "ignore").strip() or "utf-8").name
    except LookupError:
        return ""


def _holds(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(_PIECE):
                pass
    except UnicodeError:
        return False
    return True


@dataclass(slots=True)
class _Held:
    """A heading, a code block or a table while it is open; `depth` is where it began."""

    tag: str
    depth: int
    texts: list[str] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    cell: int | None = None
    """The depth of the cell that is open in a table; what is said outside of one is no cell's."""


class _Page:
    """What a parser tells, turned into blocks. Keeps text and no elements."""

    def __init__(self) -> None:
        self._depth = 0
        self._dropped: int | None = None
        self._held: _Held | None = None
        self._inline: list[str] = []
        self._length = 0
        self._bullet = False
        self._all: list[RawBlock] = []
        self._began: dict[str, tuple[int, int]] = {}
        """Root → its depth, and how many blocks were there before it."""
        self._ended: dict[str, int] = {}

    def start(self, tag: str, _attributes: object) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ReadError("unreadable", "is nested too deeply")
        if self._dropped is not None:
            return
        if tag in _DROPPED:
            self._dropped = self._depth
        elif self._held is not None:
            self._open_within(self._held, tag)
        elif tag not in _INLINE:
            self._flush()
            self._open(tag)

    def end(self, tag: str) -> None:
        if self._dropped is not None:
            if self._dropped == self._depth:
                self._dropped = None
        elif self._held is not None:
            self._close_within(self._held, tag)
        elif tag not in _INLINE:
            self._flush()
            self._bullet = self._bullet and tag != "li"
            if self._began.get(tag, (0, 0))[0] == self._depth:
                self._ended.setdefault(tag, len(self._all))
        self._depth -= 1

    def data(self, text: str) -> None:
        if self._dropped is not None:
            return
        if self._held is None:
            self._inline.append(text)
            self._length += len(text)
            if self._length > _LONGEST and " " in text:
                self._cut()
        elif self._held.tag != "table" or self._held.cell is not None:
            self._held.texts.append(text)

    def close(self) -> None:
        self._flush()

    def blocks(self) -> list[RawBlock]:
        for root in _ROOTS:
            if root in self._began:
                before = self._began[root][1]
                return self._all[before : self._ended.get(root, len(self._all))]
        return self._all

    def _open(self, tag: str) -> None:
        if tag in _ROOTS:
            self._began.setdefault(tag, (self._depth, len(self._all)))
        if tag == "li":
            self._bullet = True
        elif tag in _HEADINGS or tag in {"pre", "table"}:
            self._held = _Held(tag, self._depth)

    def _open_within(self, held: _Held, tag: str) -> None:
        if held.tag == "table" and held.cell is None:
            if tag in {"td", "th"}:
                held.cell = self._depth
        elif held.tag == "pre":
            held.texts.append("\n" if tag == "br" else "")
        elif tag not in _INLINE:
            held.texts.append(" ")

    def _close_within(self, held: _Held, tag: str) -> None:
        if held.depth == self._depth:
            self._held = None
            self._say(held)
        elif held.cell == self._depth:
            held.row.append(_flat(held.texts))
            held.texts.clear()
            held.cell = None
        elif held.tag == "table" and held.cell is None and tag == "tr":
            held.rows.append(" | ".join(held.row))
            held.row.clear()
        elif held.tag != "pre" and tag not in _INLINE:
            held.texts.append(" ")

    def _say(self, held: _Held) -> None:
        if held.tag == "table":
            rows = (row for row in (*held.rows, " | ".join(held.row)) if row.strip(" |"))
            self._put("table", 0, clean("\n".join(rows)))
        elif held.tag == "pre":
            self._put("code", 0, clean("".join(held.texts)))
        else:
            self._put("heading", int(held.tag[1]), _flat(held.texts))

    def _flush(self) -> None:
        if self._inline:
            text = _flat(self._inline)
            self._inline.clear()
            self._length = 0
            self._put("text", 0, text)

    def _cut(self) -> None:
        begun, _, rest = self._inline.pop().rpartition(" ")
        self._inline.append(begun)
        self._flush()
        self._inline.append(rest)

    def _put(self, kind: str, level: int, text: str) -> None:
        if not text:
            return
        if self._bullet:
            kind, level, text = "text", 0, f"- {text}"
            self._bullet = False
        self._all.append((kind, level, None, text))


def _flat(texts: list[str]) -> str:
    return clean(" ".join("".join(texts).split()))
