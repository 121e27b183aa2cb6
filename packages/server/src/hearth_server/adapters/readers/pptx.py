"""PowerPoint presentations: each slide a page, its title a heading, then text, tables and notes."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pptx
from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped]  # ships no types
from pptx.exc import PythonPptxError

from hearth_server.adapters.readers.archive import inspect
from hearth_server.adapters.readers.parts import Part, RawBlock, ReadError, clean
from hearth_server.adapters.readers.rows import table_blocks

_MAX_DEPTH: Final = 20
# What python-pptx lets through where a part is missing, cut or says what it may not.
_BROKEN: Final = (
    *(AttributeError, KeyError, IndexError, TypeError, ValueError, OSError, EOFError),
    *(PythonPptxError, XMLSyntaxError, zipfile.BadZipFile, zlib.error),
)


def read(path: Path, max_pages: int) -> Iterator[Part]:
    """Give the blocks of one slide at a time."""
    inspect(path, "a presentation")
    try:
        slides = list(pptx.Presentation(str(path)).slides)
        total = len(slides)
        if total <= max_pages:
            for number, slide in enumerate(slides, start=1):
                yield Part([block for block in _slide(slide, number) if block[3]], number, total)
    except _BROKEN as error:
        raise ReadError("unreadable", "is not a presentation that can be read") from error
    if total > max_pages:
        raise ReadError("too-large", f"has {total} slides, at most {max_pages} are read")


def _slide(slide: Any, number: int) -> Iterator[RawBlock]:  # noqa: ANN401  partly untyped
    title = slide.shapes.title
    if title is not None:
        yield ("heading", 1, number, " ".join(clean(title.text_frame.text).split()))
    others = (each for each in slide.shapes if title is None or each.shape_id != title.shape_id)
    yield from _shapes(others, number, _MAX_DEPTH)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        yield ("text", 0, number, clean(slide.notes_slide.notes_text_frame.text))


def _shapes(shapes: Iterable[Any], number: int, depth: int) -> Iterator[RawBlock]:
    for shape in shapes:
        if hasattr(shape, "shapes") and depth:
            yield from _shapes(shape.shapes, number, depth - 1)
        elif getattr(shape, "has_table", False):
            rows = shape.table.rows
            yield from table_blocks(([cell.text for cell in row.cells] for row in rows), number)
        elif shape.has_text_frame:
            yield ("text", 0, number, clean(shape.text_frame.text))
