"""Colours and symbols, few and with one meaning each.

Green is well, yellow is on its way or worth a look, red is broken, dim is context, bold is what
to read first. Every symbol stands beside a word, so that nothing is said by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import click


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbols:
    """The marks that lines start with."""

    good: str
    bad: str
    busy: str
    off: str
    warn: str
    arrow: str
    dash: str


SYMBOLS: Final = Symbols(good="●", bad="✗", busy="◐", off="○", warn="!", arrow="→", dash="—")
ASCII: Final = Symbols(good="*", bad="x", busy="~", off="o", warn="!", arrow="->", dash="-")


def bold(text: str) -> str:
    """Mark what to read first."""
    return click.style(text, bold=True)


def dim(text: str) -> str:
    """Mark context."""
    return click.style(text, dim=True)


def good(text: str) -> str:
    """Mark what is well."""
    return click.style(text, fg="green")


def warm(text: str) -> str:
    """Mark what is on its way or worth a look."""
    return click.style(text, fg="yellow")


def bad(text: str) -> str:
    """Mark what is broken."""
    return click.style(text, fg="red")


def typed(text: str) -> str:
    """Mark something to type."""
    return click.style(text, fg="cyan")
