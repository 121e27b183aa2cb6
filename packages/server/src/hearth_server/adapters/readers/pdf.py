"""PDF by PDFium, page by page.

PDFium gives lines; a blank line ends a paragraph. Bookmarks serve as headings; a document that
has none gets them from the size of its letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types

from hearth_server.adapters.readers.letters import Line, sized_lines
from hearth_server.adapters.readers.parts import Part, RawBlock, ReadError, clean

_PAGES_A_PART: Final = 10
_PASSWORD: Final = 4
_HYPHEN: Final = re.compile(r"(?<=[^\W\d_])[-\u2010\u0002\ufffe]\n(?=[^\W\d_])")


def read(path: Path, max_pages: int) -> Iterator[Part]:
    """Give the blocks of ten pages at a time."""
    document = _open(path)
    total = len(document)
    if total > max_pages:
        raise ReadError("too-large", f"has {total} pages, at most {max_pages} are read")
    outline = _outline(document)
    blocks: list[RawBlock] = []
    for number in range(1, total + 1):
        marks = outline.get(number, [])
        blocks.extend(_page(document, number, marks, by_size=not outline))
        if number % _PAGES_A_PART == 0 or number == total:
            yield Part(blocks, number, total)
            blocks = []


def _open(path: Path) -> Any:  # noqa: ANN401  pypdfium2 has no types
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD or "assword" in str(error):
            raise ReadError("encrypted", "is protected by a password") from error
        raise ReadError("unreadable", "is not a PDF that can be read; it is damaged") from error


def _outline(document: Any) -> dict[int, list[tuple[int, str]]]:  # noqa: ANN401  see above
    """Give the bookmarks: page → (level, title), which serve as headings."""
    found: dict[int, list[tuple[int, str]]] = {}
    try:
        for bookmark in document.get_toc(max_depth=6):
            target = bookmark.get_dest()
            index = target.get_index() if target else None
            if index is not None:
                title = clean(bookmark.get_title())
                found.setdefault(index + 1, []).append((bookmark.level + 1, title))
    except pdfium.PdfiumError:
        return {}
    return found


def _page(
    document: Any,  # noqa: ANN401  see above
    number: int,
    bookmarks: list[tuple[int, str]],
    *,
    by_size: bool,
) -> Iterator[RawBlock]:
    """Give a page's headings and paragraphs.

    Bookmarks are the headings of a document that has them, each before the paragraph that begins
    with its title; in one that has none, `by_size` takes lines that stand out by their letters.
    """
    try:
        page = document[number - 1]
        textpage = page.get_textpage()
        text = textpage.get_text_bounded()
        lines = sized_lines(textpage) if by_size else ()
        textpage.close()
        page.close()
    except pdfium.PdfiumError as error:
        raise ReadError("unreadable", f"is damaged on page {number}") from error
    if any(line.level for line in lines):
        yield from _by_size(lines, number)
        return
    yield from _by_bookmarks(text, bookmarks, number)


def _by_bookmarks(text: str, bookmarks: list[tuple[int, str]], number: int) -> Iterator[RawBlock]:
    waiting = [(level, title) for level, title in bookmarks if title]
    for paragraph in _paragraphs(text):
        rest = paragraph
        for level, title in tuple(waiting):
            if rest.casefold().startswith(title.casefold()):
                waiting.remove((level, title))
                rest = rest[len(title) :].strip()
                yield ("heading", level, number, title)
        if rest:
            yield ("text", 0, number, rest)
    for level, title in waiting:
        yield ("heading", level, number, title)


def _by_size(lines: Sequence[Line], number: int) -> Iterator[RawBlock]:
    for level, run in groupby(lines, key=attrgetter("level")):
        text = "\n".join(line.text for line in run)
        if level:
            yield ("heading", level, number, " ".join(text.split()))
        else:
            yield from (("text", 0, number, paragraph) for paragraph in _paragraphs(text))


def _paragraphs(text: str) -> Iterator[str]:
    joined = _HYPHEN.sub("", clean(text))
    paragraph: list[str] = []
    for line in joined.split("\n"):
        stripped = line.strip()
        if stripped:
            paragraph.append(stripped)
        elif paragraph:
            yield " ".join(paragraph)
            paragraph = []
    if paragraph:
        yield " ".join(paragraph)
