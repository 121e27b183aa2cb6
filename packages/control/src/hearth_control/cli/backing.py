"""Showing how far a backup or a restore is: a line a step, and a share on a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from hearth_control.backup.runner import Told
from hearth_control.cli.measure import say_size
from hearth_control.cli.output import Output
from hearth_control.cli.theme import dim


class Backing:
    """Hears what is done now; a context, so that a terminal is left tidy."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._drawn = False

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave a whole line behind."""
        self._end_line()

    def __call__(self, told: Told) -> None:
        """Show a step, or how much of it is done."""
        if told.total is None:
            self._end_line()
            self._output.note(dim(f"  {told.text}"))
        elif self._output.is_live:
            share = f"{say_size(told.done or 0)} of {say_size(told.total)}"
            self._output.stderr.write(f"\r\x1b[2K  {told.text}: {share}")
            self._output.stderr.flush()
            self._drawn = True

    def _end_line(self) -> None:
        if self._drawn:
            self._output.stderr.write("\n")
            self._drawn = False
