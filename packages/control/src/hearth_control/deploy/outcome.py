"""How a deploy went, gathered from what the engine told: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hearth_control.deploy.errors import PartlyUpError, UpFailedError
from hearth_control.engine.events import Event, StepDone, StepFailed, StepSkipped
from hearth_control.plan.model import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done and what was not; services by name."""

    done: tuple[StepDone, ...] = ()
    failed: tuple[StepFailed, ...] = ()
    skipped: tuple[StepSkipped, ...] = ()
    not_up: tuple[str, ...] = ()
    """Services that do not run as planned."""
    up: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether everything was done."""
        return not self.failed and not self.skipped


def gather(plan: Plan, events: Iterable[Event], *, seconds: float) -> Outcome:
    """Sort events into an outcome."""
    done: list[StepDone] = []
    failed: list[StepFailed] = []
    skipped: list[StepSkipped] = []
    for event in events:
        match event:
            case StepDone():
                done.append(event)
            case StepFailed():
                failed.append(event)
            case StepSkipped():
                skipped.append(event)
            case _:
                continue
    broken = {step.service for step in (*(e.step for e in failed), *(e.step for e in skipped))}
    names = tuple(service.name for service in plan.services)
    return Outcome(
        done=tuple(done),
        failed=tuple(failed),
        skipped=tuple(skipped),
        not_up=tuple(name for name in names if name in broken),
        up=tuple(name for name in names if name not in broken),
        seconds=seconds,
    )


def check_outcome(outcome: Outcome) -> None:
    """Raise what the shell should be told, if anything failed.

    Raises:
        PartlyUpError: some services run.
        UpFailedError: none does.
    """
    if outcome.is_whole:
        return
    first = outcome.failed[0] if outcome.failed else None
    unit = first.failure.unit if first else outcome.skipped[0].step.target
    service = (first.step.service if first else None) or unit
    hint = (first.failure.hint if first else "") or f"hearth logs {service}"
    details: dict[str, object] = {"up": list(outcome.up), "not_up": list(outcome.not_up)}
    what = ", ".join(f"`{name}`" for name in outcome.not_up) or f"`{unit}`"
    if outcome.up:
        raise PartlyUpError(f"up: {what} did not come up", hint=hint, details=details)
    raise UpFailedError(f"up: nothing came up: {what} failed", hint=hint, details=details)
