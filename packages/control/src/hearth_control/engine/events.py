"""What an engine tells while it works: values, so that a terminal, JSON and tests read the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearth_control.plan.model import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step has begun."""

    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgress:
    """How far a step is; `done` and `total` in bytes or items, None when unknown."""

    step: Step
    text: str
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A unit is waited for, and why: `health: starting (probe said: connection refused)`."""

    step: Step
    unit: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """A step has ended well."""

    step: Step
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a unit did not come up, with everything a person needs to see in one place."""

    unit: str
    summary: str
    probe_output: str = ""
    log_lines: tuple[str, ...] = ()
    exit_code: int | None = None
    oom: bool = False
    cause: str = ""
    """The known cause, where the signs are known."""
    hint: str = ""
    outdated: bool = False
    """The world is another than the plan was made from: planning again may mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailed:
    """A step has failed; steps that need it are skipped."""

    step: Step
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSkipped:
    """A step was not tried, because one that it needs failed."""

    step: Step
    because: str


Event = StepStarted | StepProgress | Waiting | StepDone | StepFailed | StepSkipped


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line that a unit wrote."""

    unit: str
    text: str
    time: datetime | None = None
    stream: str = "stdout"
