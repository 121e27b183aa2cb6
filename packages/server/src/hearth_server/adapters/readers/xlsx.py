"""Excel workbooks: each sheet a heading, its rows in blocks that repeat the first row.

Values are those that Excel computed last; a formula that it never computed has none.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl  # type: ignore[import-untyped]  # ships no types
from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped]  # ships no types
from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]

from hearth_server.adapters.readers.archive import inspect
from hearth_server.adapters.readers.parts import Part, RawBlock, ReadError, clean
from hearth_server.adapters.readers.rows import table_blocks

_BLOCKS_A_PART: Final = 200
# What openpyxl lets through where a part is missing, cut or says what it may not.
_BROKEN: Final = (
    *(AttributeError, KeyError, IndexError, TypeError, ValueError, OSError, EOFError),
    *(InvalidFileException, ParseError, XMLSyntaxError, zipfile.BadZipFile, zlib.error),
)


def read(path: Path, max_pages: int) -> Iterator[Part]:  # noqa: ARG001  sheets are no pages
    """Give the sheets in their order, some thousand rows at a time."""
    inspect(path, "an Excel workbook")
    # openpyxl warns of every extension of the format that it does not know.
    warnings.simplefilter("ignore")
    blocks: list[RawBlock] = []
    try:
        # By a file: openpyxl looks at a name's ending.
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheets = book.worksheets
            for number, sheet in enumerate(sheets, start=1):
                for block in _sheet(sheet):
                    blocks.append(block)
                    if len(blocks) == _BLOCKS_A_PART:
                        yield Part(blocks, number - 1, len(sheets))
                        blocks = []
                yield Part(blocks, number, len(sheets))
                blocks = []
    except _BROKEN as error:
        raise ReadError("unreadable", "is not an Excel workbook that can be read") from error


def _sheet(sheet: Any) -> Iterator[RawBlock]:  # noqa: ANN401  openpyxl has no types
    # What a sheet says of its own size is often wrong, and a million columns at worst.
    sheet.reset_dimensions()
    is_named = False
    for block in table_blocks(sheet.iter_rows(values_only=True)):
        if not is_named:
            is_named = True
            yield ("heading", 1, None, clean(sheet.title))
        yield block
