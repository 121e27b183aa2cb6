"""Log lines of several units beside each other, each unit in a colour of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from hearth_control.cli.output import Output
from hearth_control.cli.table import pad, width_of
from hearth_control.engine.events import LogLine

COLORS: Final = ("cyan", "green", "magenta", "blue", "yellow", "bright_cyan", "bright_magenta")


class LogPrinter:
    """Prints lines with their unit before them, if there is more than one unit."""

    def __init__(self, output: Output, units: Sequence[str]) -> None:
        self._output = output
        self._width = max((width_of(unit) for unit in units), default=0)
        self._colors = {unit: COLORS[at % len(COLORS)] for at, unit in enumerate(units)}
        self._alone = len(units) == 1

    def show(self, line: LogLine) -> None:
        """Print one line; what a unit writes cannot move the cursor of the person's terminal."""
        text = _tamed(line.text)
        if self._alone:
            self._output.line(text)
            return
        name = click.style(pad(line.unit, self._width), fg=self._colors.get(line.unit))
        self._output.line(f"{name}  {text}")


def _tamed(text: str) -> str:
    """Drop control characters but tabs and colour."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\t\x1b").replace(
        "\x1b]", ""
    )
