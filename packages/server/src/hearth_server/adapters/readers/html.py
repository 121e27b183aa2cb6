"""Web pages: the main text with its headings, without navigation, scripts and forms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement, PreformattedString

from hearth_server.adapters.readers.parts import Part, RawBlock, clean
from hearth_server.adapters.readers.text import decode

_DROPPED: Final = [
    *("script", "style", "noscript", "template", "svg", "canvas", "iframe", "object", "embed"),
    *("form", "button", "input", "select", "nav", "footer", "aside", "dialog"),
]
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_INLINE: Final = frozenset(
    {
        *("a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font"),
        *("i", "ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small"),
        *("span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
    }
)


def read(path: Path, max_pages: int) -> Iterator[Part]:  # noqa: ARG001  a web page has one page
    """Give all blocks at once."""
    yield Part(blocks_of(path.read_bytes()), 1, 1)


def blocks_of(data: bytes) -> list[RawBlock]:
    """Give the blocks of a web page's bytes."""
    soup = BeautifulSoup(_decode(data), "lxml")
    for tag in soup.find_all(_DROPPED):
        tag.decompose()
    root = soup.find("main") or soup.find("article") or soup.body or soup
    return [block for block in _walk(root) if block[3]]


def _decode(data: bytes) -> str:
    """Prefer what the page itself declares about its encoding."""
    head = data[:2048].lower()
    if b"charset=" in head:
        name = head.split(b"charset=", 1)[1].lstrip(b"\"' ")
        declared = bytes(name.split(b'"')[0].split(b"'")[0].split(b">")[0].split(b";")[0])
        try:
            return data.decode(declared.decode("ascii", "ignore").strip() or "utf-8")
        except (LookupError, UnicodeDecodeError):
            return decode(data)
    return decode(data)


def _walk(root: Tag) -> Iterator[RawBlock]:
    inline: list[str] = []
    for child in root.children:
        if _is_inline(child):
            inline.append(child.get_text() if isinstance(child, Tag) else str(child))
            continue
        if inline:
            yield _text("".join(inline))
            inline = []
        if isinstance(child, Tag):
            yield from _block(child)
    if inline:
        yield _text("".join(inline))


def _block(tag: Tag) -> Iterator[RawBlock]:
    if tag.name in _HEADINGS:
        yield ("heading", int(tag.name[1]), None, _flat(tag.get_text(" ")))
    elif tag.name == "pre":
        yield ("code", 0, None, clean(tag.get_text()))
    elif tag.name == "table":
        rows = (
            " | ".join(_flat(cell.get_text(" ")) for cell in row.find_all(["th", "td"]))
            for row in tag.find_all("tr")
        )
        yield ("table", 0, None, clean("\n".join(row for row in rows if row.strip(" |"))))
    elif tag.name == "li":
        for index, block in enumerate(_walk(tag)):
            yield ("text", 0, None, f"- {block[3]}") if index == 0 and block[3] else block
    elif tag.name == "br":
        return
    else:
        yield from _walk(tag)


def _is_inline(node: PageElement) -> bool:
    if isinstance(node, Tag):
        return node.name in _INLINE
    return isinstance(node, NavigableString) and not isinstance(node, PreformattedString)


def _text(text: str) -> RawBlock:
    return ("text", 0, None, _flat(text))


def _flat(text: str) -> str:
    return clean(" ".join(text.split()))
