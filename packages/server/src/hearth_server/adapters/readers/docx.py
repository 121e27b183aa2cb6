"""Word documents: headings by style, paragraphs, lists and tables in reading order."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import docx
from docx.table import Table
from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped]  # ships no types

from hearth_server.adapters.readers.archive import inspect
from hearth_server.adapters.readers.parts import Part, RawBlock, ReadError, clean

_HEADING: Final = re.compile(r"(?:heading|\u00fcberschrift|titre)\s*(\d)", re.IGNORECASE)
_BLOCKS_A_PART: Final = 500


def read(path: Path, max_pages: int) -> Iterator[Part]:  # noqa: ARG001  Word files have no pages
    """Give all blocks, some hundred at a time."""
    inspect(path, "a Word document")
    try:
        document = docx.Document(str(path))
    except (KeyError, ValueError, XMLSyntaxError, zipfile.BadZipFile, OSError) as error:
        raise ReadError("unreadable", "is not a Word document that can be read") from error
    blocks: list[RawBlock] = []
    content = list(document.iter_inner_content())
    for index, item in enumerate(content, start=1):
        block = _table(item) if isinstance(item, Table) else _paragraph(item)
        if block[3]:
            blocks.append(block)
        if index % _BLOCKS_A_PART == 0:
            yield Part(blocks, index, len(content))
            blocks = []
    yield Part(blocks, len(content), len(content))


def _paragraph(paragraph: Any) -> RawBlock:  # noqa: ANN401  python-docx is partly untyped
    text = clean(paragraph.text)
    style = paragraph.style.name if paragraph.style is not None else ""
    if style == "Title":
        return ("heading", 0, None, text)
    heading = _HEADING.match(style or "")
    if heading:
        return ("heading", int(heading.group(1)), None, text)
    if (style or "").startswith("List"):
        return ("text", 0, None, f"- {text}" if text else "")
    return ("text", 0, None, text)


def _table(table: Table) -> RawBlock:
    rows = [" | ".join(_cells(row)) for row in table.rows]
    return ("table", 0, None, clean("\n".join(row for row in rows if row.strip(" |"))))


def _cells(row: Any) -> Iterator[str]:  # noqa: ANN401  python-docx is partly untyped
    """Give each cell's text once; a merged cell comes up in every column that it covers."""
    last = None
    for cell in row.cells:
        if cell._tc is not last:  # noqa: SLF001  the only mark of a merged cell
            yield " ".join(cell.text.split())
        last = cell._tc  # noqa: SLF001  see above
