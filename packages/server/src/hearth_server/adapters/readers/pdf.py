"""PDF by PDFium, page by page.

PDFium gives lines; a blank line ends a paragraph. Bookmarks serve as headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types

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
        blocks.extend(_page(document, number, outline.get(number, [])))
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
) -> Iterator[RawBlock]:
    """Give a page's paragraphs, each bookmark before the paragraph that begins with its title."""
    try:
        page = document[number - 1]
        textpage = page.get_textpage()
        text = textpage.get_text_bounded()
        textpage.close()
        page.close()
    except pdfium.PdfiumError as error:
        raise ReadError("unreadable", f"is damaged on page {number}") from error
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
