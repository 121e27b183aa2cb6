"""Where words go: data to standard output, everything else to standard error.

Readable without colour; `NO_COLOR`, `--no-color` and a pipe take colour away, `--quiet` takes away
what is neither data nor an error. Symbols fall back to ASCII where the terminal cannot show them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

import click

from hearth_control.cli.table import Cell, align
from hearth_control.cli.theme import ASCII, SYMBOLS, Symbols


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The person's terminal, or the pipe that stands for it."""

    stdout: TextIO
    stderr: TextIO
    color: bool
    quiet: bool
    json: bool
    symbols: Symbols
    width: int

    @classmethod
    def open(
        cls, *, color: bool, quiet: bool, json: bool, environment: Mapping[str, str]
    ) -> Output:
        """Look at the process's streams once."""
        can_color = color and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
        return cls(
            stdout=sys.stdout,
            stderr=sys.stderr,
            color=can_color,
            quiet=quiet or json,
            json=json,
            symbols=SYMBOLS if _shows_unicode(sys.stdout) else ASCII,
            width=_width(environment),
        )

    @property
    def is_live(self) -> bool:
        """Whether a display may redraw itself: a terminal, and nobody asked for quiet or JSON."""
        return self.stderr.isatty() and not self.quiet

    @property
    def can_ask(self) -> bool:
        """Whether a person is there to answer."""
        return sys.stdin is not None and sys.stdin.isatty() and self.stderr.isatty()

    def data(self, document: object) -> None:
        """Print one JSON document, the whole answer of a verb under `--json`."""
        import json

        click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str), self.stdout)

    def event(self, document: object) -> None:
        """Print one JSON line of a stream, at once."""
        import json

        click.echo(json.dumps(document, ensure_ascii=False, default=str), self.stdout)

    def line(self, text: str = "") -> None:
        """Print a line of the verb's answer."""
        click.echo(text, self.stdout, color=self._color_of(self.stdout))

    def lines(self, texts: Iterable[str]) -> None:
        """Print lines of the verb's answer."""
        for text in texts:
            self.line(text)

    def table(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Print rows in aligned columns that fit the terminal."""
        self.lines(align(rows, width=self.width))

    def note(self, text: str = "") -> None:
        """Tell the person something that is not data; `--quiet` and `--json` drop it."""
        if not self.quiet:
            click.echo(text, self.stderr, color=self._color_of(self.stderr))

    def complain(self, text: str) -> None:
        """Print an error; nothing drops it."""
        click.echo(text, self.stderr, color=self._color_of(self.stderr))

    def _color_of(self, stream: TextIO) -> bool:
        return self.color and stream.isatty()


def _shows_unicode(stream: TextIO) -> bool:
    encoding = (getattr(stream, "encoding", "") or "").lower().replace("-", "")
    return encoding.startswith("utf")


def _width(environment: Mapping[str, str]) -> int:
    import shutil

    columns = environment.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return max(40, int(columns))
    return max(40, shutil.get_terminal_size((100, 24)).columns)
