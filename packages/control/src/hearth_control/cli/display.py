"""Showing a deploy while it goes: plain lines anywhere, a redrawn board on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

from hearth_control.cli.board import DID, DOING, Board, Phase, Row
from hearth_control.cli.measure import say_seconds
from hearth_control.cli.output import Output
from hearth_control.cli.theme import bad, bold, dim, good, warm
from hearth_control.engine.events import Event
from hearth_control.plan.model import Plan

SAYS_NOTHING: Final = frozenset({"starting", "health: starting", "job: running"})
"""Reasons that repeat what the row's own word says."""


class Display(Protocol):
    """Shows events as they come; a context, so that a terminal is always left tidy."""

    def __enter__(self) -> Self:
        """Begin to show."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last state on the screen."""
        ...

    def show(self, event: Event) -> None:
        """Show one event."""
        ...


class _Printed:
    """What is printed line by line leaves nothing on the terminal to tidy."""

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is left to tidy."""


class Lines(_Printed):
    """One line for each thing that begins, is waited for, or ends. For pipes and logs."""

    def __init__(self, output: Output, board: Board, monotonic: Callable[[], float]) -> None:
        self._output = output
        self._board = board
        self._now = monotonic
        self._last: dict[str, str] = {}

    def show(self, event: Event) -> None:
        """Print a line if it says something new."""
        row = self._board.move(event, now=self._now())
        if row is None:
            return
        text = line_of(row, self._output)
        key = _key(row)
        if self._last.get(row.step.id) != key:
            self._last[row.step.id] = key
            self._output.note(text)


class Events(_Printed):
    """Every event as a JSON line. For `--json`."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def show(self, event: Event) -> None:
        """Print the event."""
        from hearth_control.cli.documents import event_document

        self._output.event(event_document(event))


def open_display(output: Output, plan: Plan, monotonic: Callable[[], float]) -> Display:
    """Choose how to show a deploy: JSON lines, a live board, or plain lines."""
    if output.json:
        return Events(output)
    if output.is_live:
        from hearth_control.cli.live import LiveBoard

        return LiveBoard(output, plan, monotonic)
    return Lines(output, Board.of(plan), monotonic)


def line_of(row: Row, output: Output) -> str:
    """Say a row in one line."""
    marks = output.symbols
    name = bold(row.step.target)
    match row.phase:
        case Phase.DONE:
            took = f" in {say_seconds(row.seconds)}" if row.seconds is not None else ""
            return f"{good(marks.good)} {name} {DID[row.step.kind]}{dim(took)}"
        case Phase.FAILED:
            return f"{bad(marks.bad)} {name} {bad('failed')}: {row.text}"
        case Phase.SKIPPED:
            return f"{marks.off} {name} {dim('not tried: ' + row.text)}"
        case _:
            percent = f" {row.percent} %" if row.percent is not None else ""
            text = f": {row.text}" if row.text else ""
            return f"{warm(marks.busy)} {name} {DOING[row.step.kind]}{percent}{dim(text)}"


def _key(row: Row) -> str:
    """Tell two lines apart as a person would: every tenth percent, every new reason."""
    tenth = "" if row.percent is None else str(row.percent // 10)
    text = "" if row.percent is not None or row.text in SAYS_NOTHING else row.text
    return f"{row.phase} {tenth} {text}"
