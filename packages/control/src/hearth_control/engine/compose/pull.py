"""Fetching images through the engine's API, with percent from the registry's stream."""

from __future__ import annotations

import time

from hearth_control.engine.compose.api import Stream
from hearth_control.engine.compose.errors import EngineRefusedError, PullFailedError
from hearth_control.engine.compose.pull_progress import PullProgress
from hearth_control.engine.compose.reference import spelled_out
from hearth_control.engine.compose.registry_auth import find_auth
from hearth_control.engine.compose.tools import Tell, Tools
from hearth_control.engine.events import StepProgress
from hearth_control.plan.model import Step

TELL_SECONDS = 0.2
MEGABYTE = 1_000_000


def pull_image(tools: Tools, step: Step, tell: Tell) -> None:
    """Fetch one image; one that is here already is not fetched again.

    When it is cut short, the layers that came in whole stay with the engine: the next one goes on
    from there.

    Raises:
        PullFailedError: the registry refused or cannot be reached.
    """
    if tools.api.has_image(step.target):
        tell(StepProgress(step=step, text="already here", done=1, total=1))
        return
    auth = find_auth(step.target, tools.environment)
    try:
        with (
            tools.api.pull(spelled_out(step.target), auth=auth) as stream,
            tools.interrupts.holding(stream.close),
        ):
            _follow(stream, step, tell)
    except EngineRefusedError as error:
        message = f"{step.target}: {error.message.split(': ', 2)[-1]}"
        raise PullFailedError(message, hint=f"docker pull {step.target}") from error


def _follow(stream: Stream, step: Step, tell: Tell) -> None:
    progress, told = PullProgress(), 0.0
    for news in stream.objects():
        if error := news.get("error"):
            message = f"{step.target}: {' '.join(str(error).split())}"
            raise PullFailedError(message, hint=f"docker pull {step.target}")
        if progress.feed(news) and time.monotonic() - told >= TELL_SECONDS:
            told = time.monotonic()
            tell(describe(progress, step))
    tell(StepProgress(step=step, text="fetched", done=1, total=1))


def describe(progress: PullProgress, step: Step) -> StepProgress:
    """Say how far a pull is: `43 % of 812 MB`."""
    total = progress.total_bytes
    if not total:
        return StepProgress(step=step, text="asking the registry")
    text = f"{progress.share:.0%} of {total / MEGABYTE:.0f} MB".replace("%", " %")
    return StepProgress(step=step, text=text, done=progress.done_bytes, total=total)
