"""Rows of tables as blocks: some at a time, each with the names of the columns above it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from hearth_server.adapters.readers.parts import RawBlock, clean

_ROWS_A_BLOCK: Final = 20
_MAX_CELL: Final = 4_000
_MAX_COLUMNS: Final = 200


def table_blocks(rows: Iterable[Sequence[object]], page: int | None = None) -> Iterator[RawBlock]:
    """Give a table in blocks that each repeat its first row, so that a passage names its columns.

    Empty rows, and empty cells at a row's end, are left out.
    """
    lines = (line for row in rows if (line := _line(row)))
    head = next(lines, "")
    if not head:
        return
    some = list(islice(lines, _ROWS_A_BLOCK))
    yield ("table", 0, page, "\n".join((head, *some)))
    while some := list(islice(lines, _ROWS_A_BLOCK)):
        yield ("table", 0, page, "\n".join((head, *some)))


def _line(row: Sequence[object]) -> str:
    cells = [_cell(value) for value in row[:_MAX_COLUMNS]]
    while cells and not cells[-1]:
        cells.pop()
    return " | ".join(cells)


def _cell(value: object) -> str:
    return "" if value is None else " ".join(clean(str(value)[:_MAX_CELL]).split())
