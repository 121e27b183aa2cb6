"""The state of a deploy as rows, one a unit or image: pure, so tests read what a person sees."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, assert_never

from hearth_control.engine.events import (
    Event,
    StepDone,
    StepFailed,
    StepProgress,
    StepSkipped,
    StepStarted,
    Waiting,
)
from hearth_control.plan.model import Plan, Step, StepKind


class Phase(StrEnum):
    """Where a row is."""

    PENDING = "pending"
    BUSY = "busy"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


DOING: Final = {
    StepKind.NETWORK: "making",
    StepKind.BUILD: "building",
    StepKind.PULL: "pulling",
    StepKind.CREATE: "starting",
    StepKind.RECREATE: "replacing",
    StepKind.START: "starting",
    StepKind.RUN: "running",
    StepKind.STOP: "stopping",
    StepKind.REMOVE: "removing",
}

DID: Final = {
    StepKind.NETWORK: "made",
    StepKind.BUILD: "built",
    StepKind.PULL: "pulled",
    StepKind.CREATE: "ready",
    StepKind.RECREATE: "ready",
    StepKind.START: "ready",
    StepKind.RUN: "done",
    StepKind.STOP: "stopped",
    StepKind.REMOVE: "removed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step as shown. `done` and `total` in bytes or items."""

    step: Step
    phase: Phase = Phase.PENDING
    text: str = ""
    done: int | None = None
    total: int | None = None
    started: float | None = None
    seconds: float | None = None

    @property
    def percent(self) -> int | None:
        """How far it is, where the total is known."""
        if self.done is None or not self.total:
            return None
        return min(100, self.done * 100 // self.total)


@dataclass(slots=True)
class Board:
    """Rows in the plan's order, moved on by events. Networks are too small to show."""

    rows: dict[str, Row] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> Board:
        """Lay out a plan, everything pending."""
        return cls(
            {step.id: Row(step=step) for step in plan.steps if step.kind is not StepKind.NETWORK}
        )

    def move(self, event: Event, *, now: float) -> Row | None:
        """Take an event in; give the row that changed, None where nothing shown did."""
        row = self.rows.get(event.step.id)
        if (
            row is None
            and event.step.kind is StepKind.NETWORK
            and not isinstance(event, StepFailed)
        ):
            return None
        moved = _moved(row or Row(step=event.step), event, now)
        self.rows[event.step.id] = moved
        return moved

    def count(self, *phases: Phase) -> int:
        """Count the rows in some phases."""
        return sum(row.phase in phases for row in self.rows.values())


def _moved(row: Row, event: Event, now: float) -> Row:
    started = row.started if row.started is not None else now
    match event:
        case StepStarted():
            return replace(row, phase=Phase.BUSY, text="", started=now)
        case StepProgress(text=text, done=done, total=total):
            return replace(
                row, phase=Phase.BUSY, text=text, done=done, total=total, started=started
            )
        case Waiting(why=why):
            return replace(row, phase=Phase.BUSY, text=why, done=None, total=None, started=started)
        case StepDone(seconds=seconds):
            return replace(row, phase=Phase.DONE, text="", seconds=seconds)
        case StepFailed(failure=failure):
            return replace(row, phase=Phase.FAILED, text=failure.summary, seconds=now - started)
        case StepSkipped(because=because):
            return replace(row, phase=Phase.SKIPPED, text=because)
        case _:
            assert_never(event)
