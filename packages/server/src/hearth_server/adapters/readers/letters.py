"""Which lines of a PDF page are headings, told by the size of their letters.

A page says no more about its structure than where letters stand and how large they are. A short
line whose letters are clearly larger than most of the page's is a heading; the larger, the higher.

Source: `FPDFText_GetFontSize`, fpdf_text.h of PDFium.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pypdfium2 import raw  # type: ignore[import-untyped]  # ships no types

from hearth_server.adapters.readers.parts import clean

_LEVELS: Final = ((1.6, 1), (1.3, 2), (1.12, 3))
"""From how many times the page's usual size on a line is a heading of which level."""
_LONGEST: Final = 150
_BROKEN: Final = "\ufffe"
"""What PDFium gives for the hyphen of a word that goes on in the next line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a page. `size` in points; `level` 0 is no heading."""

    text: str
    size: float
    level: int = 0


def sized_lines(textpage: Any) -> tuple[Line, ...]:  # noqa: ANN401  pypdfium2 has no types
    """Read a page's lines with their levels; none where PDFium counts letters otherwise than us."""
    text = textpage.get_text_range()
    if len(text) != textpage.count_chars():
        return ()
    lines: list[Line] = []
    at = 0
    for line in text.split("\n"):
        first = at + len(line) - len(line.lstrip())
        is_blank = not line.strip()
        size = 0.0 if is_blank else raw.FPDFText_GetFontSize(textpage, first)
        whole = clean(line).replace(_BROKEN, "")
        lines.append(Line(text=whole, size=round(size, 1)))
        at += len(line) + 1
    return with_levels(lines)


def with_levels(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Mark the headings among lines. Pure."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    usual = max(letters, key=lambda size: letters[size], default=0.0)
    return tuple(replace(line, level=_level(line, usual)) for line in lines)


def _level(line: Line, usual: float) -> int:
    if usual <= 0 or not line.text or len(line.text) > _LONGEST:
        return 0
    if not any(letter.isalpha() for letter in line.text):
        return 0
    times = round(line.size / usual, 2)
    return next((level for ratio, level in _LEVELS if times >= ratio), 0)
