"""Showing how far a fetch is: a bar on a terminal, a line a file anywhere else."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from hearth_control.cli.measure import say_size
from hearth_control.cli.output import Output

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from hearth_control.models.model import ModelFile


class Fetching:
    """Hears how many bytes of which file are here; a context, so that a terminal is left tidy."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._said: set[tuple[str, bool]] = set()
        self._bars: dict[str, TaskID] = {}
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last state on the screen."""
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, file: ModelFile, here: int) -> None:
        """Show how much of a file is here."""
        if self._output.is_live:
            self._draw(file, here)
        else:
            self._note(file, here)

    def _note(self, file: ModelFile, here: int) -> None:
        is_done = here == file.size
        if (file.name, is_done) in self._said:
            return
        self._said.add((file.name, is_done))
        what = "is here" if is_done else "is fetched"
        self._output.note(f"{file.name} {what}: {say_size(file.size)}")

    def _draw(self, file: ModelFile, here: int) -> None:
        if self._progress is None:
            self._progress = self._open()
        if file.name not in self._bars:
            self._bars[file.name] = self._progress.add_task(file.name, total=file.size)
        self._progress.update(self._bars[file.name], completed=here)

    def _open(self) -> Progress:
        from rich import progress
        from rich.console import Console

        output = self._output
        shown = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(bar_width=24),
            progress.DownloadColumn(),
            progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
            console=Console(
                stderr=True, no_color=not output.color, highlight=False, width=output.width
            ),
            redirect_stdout=False,
            redirect_stderr=False,
        )
        shown.start()
        return shown
