"""The live board: rich redraws one row a unit, with what is waited for and why.

Imported only when something is to be done on a terminal: rich costs more than all the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hearth_control.cli.board import DID, DOING, Board, Phase, Row
from hearth_control.cli.measure import say_seconds, say_size
from hearth_control.cli.output import Output
from hearth_control.engine.events import Event
from hearth_control.plan.model import Plan, StepKind

BAR_WIDTH = 16
GAP = 2
NAME_WIDTH = 44
WORD_WIDTH = len("replacing")
TIME_WIDTH = len("10.0 s")
SPARE_LINES = 5
REFRESH_PER_SECOND = 8

_STYLES = {
    Phase.PENDING: "dim",
    Phase.BUSY: "yellow",
    Phase.DONE: "green",
    Phase.FAILED: "red",
    Phase.SKIPPED: "dim",
}


class LiveBoard:
    """A board that redraws itself in place and stays when it ends."""

    def __init__(self, output: Output, plan: Plan, monotonic: Callable[[], float]) -> None:
        self._board = Board.of(plan)
        self._now = monotonic
        self._marks = {
            Phase.PENDING: output.symbols.off,
            Phase.BUSY: output.symbols.busy,
            Phase.DONE: output.symbols.good,
            Phase.FAILED: output.symbols.bad,
            Phase.SKIPPED: output.symbols.off,
        }
        self._console = Console(
            stderr=True, no_color=not output.color, highlight=False, width=output.width
        )
        self._live = Live(
            console=self._console,
            get_renderable=self.draw,
            refresh_per_second=REFRESH_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        """Begin to show."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Draw once more and leave it on the screen."""
        self._live.stop()

    def show(self, event: Event) -> None:
        """Take the event in; the next redraw shows it."""
        self._board.move(event, now=self._now())

    def draw(self) -> Table:
        """Lay the board out; on a narrow terminal only what a row waits for is shortened."""
        shown, hidden = self._fit()
        longest = max((len(row.step.target) for row in shown), default=0) + len("● ")
        table = Table.grid(padding=(0, GAP), expand=False)
        name = min(longest, NAME_WIDTH)
        table.add_column(no_wrap=True, overflow="ellipsis", min_width=name, max_width=name)
        table.add_column(no_wrap=True, min_width=WORD_WIDTH)
        room = self._console.width - name - WORD_WIDTH - TIME_WIDTH - 3 * GAP
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=max(1, room))
        table.add_column(no_wrap=True, min_width=TIME_WIDTH, justify="right", style="dim")
        for row in shown:
            table.add_row(*self._cells(row))
        if hidden:
            table.add_row(Text("…", style="dim"), "", Text(f"and {hidden} more", style="dim"), "")
        return table

    def _fit(self) -> tuple[list[Row], int]:
        """Choose the rows that fit: what fails or is busy first, what is done last."""
        rows = list(self._board.rows.values())
        room = max(6, self._console.height - SPARE_LINES)
        if len(rows) <= room:
            return rows, 0
        order = (Phase.FAILED, Phase.BUSY, Phase.PENDING, Phase.SKIPPED, Phase.DONE)
        ranked = sorted(rows, key=lambda row: order.index(row.phase))[: room - 1]
        kept = {row.step.id for row in ranked}
        return [row for row in rows if row.step.id in kept], len(rows) - len(kept)

    def _cells(self, row: Row) -> tuple[Text, Text, Text, Text]:
        style = _STYLES[row.phase]
        name = Text.assemble(
            (self._marks[row.phase], style), " ", (row.step.target, _name_style(row))
        )
        return name, Text(_word(row), style=style), self._what(row), Text(self._took(row))

    def _what(self, row: Row) -> Text:
        if row.percent is not None and row.phase is Phase.BUSY:
            return _bar(row)
        if row.phase is Phase.PENDING:
            return Text(_waits_for(row), style="dim")
        return Text(row.text, style="red" if row.phase is Phase.FAILED else "dim")

    def _took(self, row: Row) -> str:
        if row.phase is Phase.BUSY and row.started is not None:
            return f"{self._now() - row.started:.0f} s"
        return say_seconds(row.seconds) if row.seconds is not None else ""


def _name_style(row: Row) -> str:
    return "dim" if row.phase in (Phase.PENDING, Phase.SKIPPED) else "bold"


def _word(row: Row) -> str:
    match row.phase:
        case Phase.BUSY:
            return DOING[row.step.kind]
        case Phase.DONE:
            return DID[row.step.kind]
        case Phase.PENDING:
            return "waits"
        case _:
            return row.phase.value


def _waits_for(row: Row) -> str:
    """Name the units that come first; pulls and networks go without saying."""
    hidden = (StepKind.NETWORK.value, StepKind.PULL.value, StepKind.BUILD.value)
    first = [
        need.split(" ", 1)[-1] for need in row.step.needs if need.split(" ", 1)[0] not in hidden
    ]
    return f"for {', '.join(first)}" if first else ""


def _bar(row: Row) -> Text:
    percent = row.percent or 0
    filled = percent * BAR_WIDTH // 100
    sizes = ""
    if row.total and row.total > 1024 and row.done is not None:
        sizes = f"  {say_size(row.done)} of {say_size(row.total)}"
    return Text.assemble(
        ("━" * filled, "green"),
        ("━" * (BAR_WIDTH - filled), "dim"),
        f" {percent:3d} %",
        (sizes, "dim"),
    )
