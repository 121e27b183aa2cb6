"""Comma-separated values, with whatever separates them; each block repeats the first row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hearth_server.adapters.readers.parts import Part, RawBlock, ReadError
from hearth_server.adapters.readers.rows import table_blocks
from hearth_server.adapters.readers.text import open_text

_BLOCKS_A_PART: Final = 200
_SAMPLE: Final = 16_384
_MAX_FIELD: Final = 1_000_000


def read(path: Path, max_pages: int) -> Iterator[Part]:  # noqa: ARG001  rows have no pages
    """Give the rows, some thousand at a time."""
    csv.field_size_limit(_MAX_FIELD)
    blocks: list[RawBlock] = []
    done = 0
    try:
        with open_text(path) as file:
            dialect = _dialect(file.read(_SAMPLE))
            file.seek(0)
            for block in table_blocks(csv.reader((_line(line) for line in file), dialect)):
                blocks.append(block)
                if len(blocks) == _BLOCKS_A_PART:
                    done += len(blocks)
                    yield Part(blocks, done, 0)
                    blocks = []
    except csv.Error as error:
        raise ReadError("unreadable", f"is not a table that can be read: {error}") from error
    yield Part(blocks, done + len(blocks), done + len(blocks))


def _line(line: str) -> str:
    return line.replace("\x00", "")


def _dialect(sample: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        return csv.excel
