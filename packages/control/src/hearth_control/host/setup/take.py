"""Taking the steps of a set-up: one command after another, stopped by the first that fails."""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from hearth_kit.errors import ConflictError

from hearth_control.host.setup.model import Step

TAIL_LINES: Final = 5

Tell = Callable[[str], None]


class StepFailedError(ConflictError):
    """A step of the set-up failed; the steps before it are done."""

    code = "setup-step-failed"
    said: str = ""
    """The last line that it wrote."""


def take_step(step: Step, *, is_root: bool, environment: Mapping[str, str], tell: Tell) -> None:
    """Run one step; `tell` gets each line that it writes.

    A password that sudo asks for is read from the terminal, not from the step's input.

    Raises:
        StepFailedError: it cannot be started or exits with another code than 0.
    """
    argv = step.argv(is_root=is_root)
    last: deque[str] = deque(maxlen=TAIL_LINES)
    try:
        with subprocess.Popen(
            argv,
            env=dict(environment),
            stdin=subprocess.PIPE if step.given else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as running:
            _feed(running, step.given)
            for line in running.stdout or ():
                last.append(line.rstrip())
                tell(last[-1])
    except OSError as error:
        msg = f"{step.title}: `{argv[0]}`: {(error.strerror or str(error)).lower()}"
        raise StepFailedError(msg) from error
    if running.returncode:
        failed = StepFailedError(
            f"{step.title}: `{' '.join(argv)}` exited with {running.returncode}"
        )
        failed.said = next((line for line in reversed(last) if line.strip()), "")
        raise failed


def _feed(running: subprocess.Popen[str], given: str) -> None:
    """Hand a step its input; a program that does not read it says so by its exit code."""
    if running.stdin is None:
        return
    try:
        running.stdin.write(given)
        running.stdin.close()
    except BrokenPipeError:
        pass
