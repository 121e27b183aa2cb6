"""Failures that planning again may mend, kept from the person until that was tried: pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from hearth_control.engine.events import Event, StepFailed, StepSkipped
from hearth_control.plan.model import Plan


@dataclass(slots=True)
class HeldBack:
    """The failures of one apply that come from a plan older than the world, and what they cost."""

    events: list[Event] = field(default_factory=list)
    _lost: set[str] = field(default_factory=set)

    def takes(self, event: Event) -> bool:
        """Keep an event if it is such a failure, or was skipped because of one."""
        if not self._is_outdated(event):
            return False
        self._lost.add(event.step.id)
        self.events.append(event)
        return True

    def _is_outdated(self, event: Event) -> bool:
        match event:
            case StepFailed(failure=failure):
                return failure.outdated
            case StepSkipped(because=because):
                return any(f"`{lost}`" in because for lost in self._lost)
            case _:
                return False

    def is_mended_by(self, again: Plan, before: Plan) -> bool:
        """Tell whether another plan tries all of it once more, and destroys nothing unasked."""
        steps = {step.id for step in again.steps}
        losing = {step.id for step in again.steps if step.destroys}
        asked = {step.id for step in before.steps if step.destroys}
        return self._lost <= steps and losing <= asked and not again.errors
