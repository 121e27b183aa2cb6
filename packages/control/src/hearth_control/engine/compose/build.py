"""Building Hearth's own images, with the build's steps as progress."""

from __future__ import annotations

import re
import subprocess
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from hearth_control.engine.compose import argv
from hearth_control.engine.compose.errors import ComposeFailedError
from hearth_control.engine.compose.tools import Tell, Tools
from hearth_control.engine.events import StepProgress
from hearth_control.plan.model import ContainerUnit, Step

# BuildKit's plain progress: `#9 [server 3/7] RUN apt-get update`.
_STAGE = re.compile(r"^#\d+ \[(?:[^\]]*? )?(?P<done>\d+)/(?P<total>\d+)\] (?P<text>.+)$")
KEPT_LINES = 12


def build_image(tools: Tools, step: Step, tell: Tell) -> None:
    """Build the image of the first unit that is made from it.

    Raises:
        ComposeFailedError: no unit builds this image, or the build failed; its last lines say why.
    """
    unit = _builder(tools, step.target)
    tools.check_plugin()
    last: deque[str] = deque(maxlen=KEPT_LINES)
    code = _run(tools, argv.build(tools.project, [unit.name]), step, tell=tell, last=last)
    if code != 0:
        text = tools.redact(" | ".join(last))
        raise ComposeFailedError(f"{step.target}: the build failed: {text}")


def _run(tools: Tools, command: Sequence[str], step: Step, *, tell: Tell, last: deque[str]) -> int:
    with (
        subprocess.Popen(
            command,
            env=dict(tools.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process,
        tools.interrupts.holding(process.terminate),
    ):
        furthest: StepProgress | None = None
        for line in process.stdout or ():
            if line.strip():
                last.append(line.strip())
            if progress := describe(line, step):
                furthest = further(progress, furthest)
                tell(furthest)
        return process.wait()


def describe(line: str, step: Step) -> StepProgress | None:
    """Read a stage out of a line of the build's output; None for any other line."""
    found = _STAGE.match(line.strip())
    if found is None:
        return None
    done, total = int(found["done"]), int(found["total"])
    return StepProgress(step=step, text=found["text"][:100], done=done - 1, total=total)


def further(progress: StepProgress, furthest: StepProgress | None) -> StepProgress:
    """Give the newest stage with the furthest count: a build's stages run side by side."""
    if furthest is None:
        return progress
    now = (progress.done or 0) * (furthest.total or 1)
    before = (furthest.done or 0) * (progress.total or 1)
    if now >= before:
        return progress
    return replace(progress, done=furthest.done, total=furthest.total)


def _builder(tools: Tools, image: str) -> ContainerUnit:
    for unit in tools.plan.units:
        if isinstance(unit, ContainerUnit) and unit.build and unit.image == image:
            return unit
    raise ComposeFailedError(f"{image}: no unit of the plan builds this image")
