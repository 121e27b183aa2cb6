"""Columns as text: pure, so that tests compare what a person sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import east_asian_width

GAP: Final = "  "


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a row; `paint` colours it after it was padded."""

    text: str = ""
    paint: Callable[[str], str] | None = None


def width_of(text: str) -> int:
    """Count the columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def align(rows: Sequence[Sequence[Cell]], *, width: int) -> list[str]:
    """Pad every column to its widest cell; the last one is cut to what is left of the width.

    An URL is never cut: a broken address helps nobody, so it may run over the edge.
    """
    if not rows:
        return []
    count = max(len(row) for row in rows)
    filled = [[*row, *[Cell()] * (count - len(row))] for row in rows]
    widths = [max(width_of(row[column].text) for row in filled) for column in range(count)]
    left = max(10, width - sum(widths[:-1]) - len(GAP) * (count - 1))
    return [_line(row, widths, left=left) for row in filled]


def _line(row: Sequence[Cell], widths: Sequence[int], *, left: int) -> str:
    pieces = []
    end = max((column for column, cell in enumerate(row) if cell.text), default=0)
    for column, cell in enumerate(row[: end + 1]):
        text = cut(cell.text, left) if column == len(widths) - 1 else cell.text
        # Padding behind the last text would stay there once it is painted.
        text = text if column == end else pad(text, widths[column])
        pieces.append(cell.paint(text) if cell.paint and text.strip() else text)
    return GAP.join(pieces).rstrip()


def pad(text: str, width: int) -> str:
    """Fill a text with spaces up to a width."""
    return text + " " * (width - width_of(text))


def cut(text: str, width: int) -> str:
    """Shorten a text to a width, with an ellipsis; addresses stay whole."""
    if width_of(text) <= width or "://" in text:
        return text
    return text[: max(1, width - 1)].rstrip() + "…"


def wrap(text: str, *, width: int, indent: str = "") -> list[str]:
    """Break a text into lines; words longer than a line stay whole."""
    import textwrap

    return textwrap.wrap(
        text,
        width=max(20, width),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
