"""Carrying a plan's steps out through the supervisor, as many at once as their needs allow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hearth_kit.errors import HearthError

from hearth_control.engine.embedded.client import Link
from hearth_control.engine.embedded.spec import Command, UnitSpec, spec_as_dict
from hearth_control.engine.events import (
    Event,
    Failure,
    StepDone,
    StepFailed,
    StepSkipped,
    StepStarted,
    Waiting,
)
from hearth_control.plan.model import Plan, Step, StepKind

STARTS: Final = frozenset({StepKind.CREATE, StepKind.RECREATE, StepKind.START, StepKind.RUN})
ASKS: Final[Mapping[StepKind, str]] = {StepKind.STOP: "stop", StepKind.REMOVE: "forget"}
PATIENCE_SECONDS: Final = 1.0

Translate = Callable[[str], UnitSpec | None]
"""Unit's name → its spec; None for a name that is no process of the plan."""
Explain = Callable[[str, Mapping[str, Any], float], Failure]
"""Unit, the supervisor's answer, when the step began → everything about the failure."""


@dataclass(slots=True, kw_only=True)
class Conductor:
    """One run through the steps of a plan."""

    plan: Plan
    link: Link
    translate: Translate
    explain: Explain
    light: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Unit → units of which it needs only what comes before their process (a schema, say)."""
    prepared: set[str] = field(default_factory=set)
    waiting: list[Step] = field(default_factory=list)
    running: dict[str, tuple[Step, float]] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    """Id of a step that failed or was skipped → the unit whose failure it was."""
    done: set[str] = field(default_factory=set)
    why: dict[str, str] = field(default_factory=dict)

    def run(self) -> Iterator[Event]:
        """Start what can be started, hear how it goes, until nothing is left."""
        self.waiting = list(self.plan.steps)
        while self.waiting or self.running:
            yield from self._begin_free()
            if self.running:
                yield from self._hear()

    def _begin_free(self) -> Iterator[Event]:
        """Begin every step whose needs are done; skip those whose needs failed."""
        moved = True
        while moved:
            moved = False
            for step in tuple(self.waiting):
                blame = self._blame(step)
                if blame is None and not self._is_free(step):
                    continue
                self.waiting.remove(step)
                moved = True
                if blame is not None:
                    self.lost[step.id] = blame
                    yield StepSkipped(step=step, because=f"`{blame}` did not come up")
                else:
                    yield from self._begin(step)
        if self.waiting and not self.running:
            # A circle of needs that the planner let through: nothing can come of it.
            for step in self.waiting:
                yield StepSkipped(step=step, because="what it needs is never done")
            self.waiting = []

    def _begin(self, step: Step) -> Iterator[Event]:
        yield StepStarted(step=step)
        began = time.time()
        try:
            message = self._message(step)
        except HearthError as error:
            self.lost[step.id] = step.target
            failure = Failure(unit=step.target, summary=str(error), hint=error.hint or "")
            yield StepFailed(step=step, failure=failure)
            return
        if message is None:
            self.done.add(step.id)
            yield StepDone(step=step, seconds=0.0)
            return
        self.running[step.id] = (step, began)
        self.link.send({**message, "id": step.id})

    def _message(self, step: Step) -> dict[str, Any] | None:
        if step.kind in STARTS:
            spec = self.translate(step.target)
            return None if spec is None else {"do": "start", "spec": spec_as_dict(spec)}
        if step.kind in ASKS:
            return {"do": ASKS[step.kind], "unit": step.target}
        return None

    def _hear(self) -> Iterator[Event]:
        answer = self.link.receive(PATIENCE_SECONDS)
        if answer is None or answer.get("id") not in self.running:
            return
        step, began = self.running[answer["id"]]
        if answer["event"] == "prepared":
            self.prepared.add(step.target)
            return
        if answer["event"] == "waiting":
            if answer["why"] != self.why.get(step.id):
                self.why[step.id] = answer["why"]
                yield Waiting(step=step, unit=step.target, why=answer["why"])
            return
        del self.running[step.id]
        if answer["event"] == "failed":
            self.lost[step.id] = step.target
            yield StepFailed(step=step, failure=self.explain(step.target, answer, began))
        else:
            self.done.add(step.id)
            yield StepDone(step=step, seconds=time.time() - began)

    def _needs(self, step: Step) -> set[str]:
        """Name the steps that come first: those it says, and those that start what it needs."""
        unit = self.plan.unit(step.target) if step.kind in STARTS else None
        names = () if unit is None else unit.needs
        starts = {each.id for each in self.plan.steps if each.kind in STARTS}
        return {*step.needs, *(f"{kind.value} {name}" for name in names for kind in STARTS)} & {
            *starts,
            *step.needs,
        }

    def _is_free(self, step: Step) -> bool:
        known = {each.id: each.target for each in self.plan.steps}
        enough = self.light.get(step.target, frozenset()) & self.prepared
        needs = self._needs(step) & known.keys()
        return all(need in self.done or known[need] in enough for need in needs)

    def _blame(self, step: Step) -> str | None:
        lost = sorted(need for need in self._needs(step) if need in self.lost)
        return self.lost[lost[0]] if lost else None


def after_message(unit: str, commands: tuple[Command, ...]) -> dict[str, Any]:
    """Ask for commands to be run beside a unit, unless just these already were."""
    from dataclasses import asdict

    return {"do": "after", "unit": unit, "commands": [asdict(each) for each in commands]}
