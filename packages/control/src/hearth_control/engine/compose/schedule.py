"""Which step may begin, which is lost: the steps of a plan as a graph. Pure.

A step waits for the steps that it needs, and for those that start the units that its unit needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from hearth_control.plan.model import Plan, Step, StepKind

STARTS = frozenset({StepKind.CREATE, StepKind.RECREATE, StepKind.START, StepKind.RUN})
"""The kinds of steps that end with a unit that runs, or a job that ended well."""


class Stage(StrEnum):
    """Where a step is."""

    WAITS = "waits"
    BEGUN = "begun"
    DONE = "done"
    LOST = "lost"


class Schedule:
    """The steps of one apply and how far each is."""

    def __init__(self, plan: Plan) -> None:
        self._steps = {step.id: step for step in plan.steps}
        self._needs = _needs(plan)
        self._heights = _heights(self._needs)
        self._stages = dict.fromkeys(self._steps, Stage.WAITS)

    @property
    def is_over(self) -> bool:
        """Whether no step is left to begin or to wait for."""
        return not any(stage in {Stage.WAITS, Stage.BEGUN} for stage in self._stages.values())

    def ready(self) -> tuple[Step, ...]:
        """Give the steps that may begin now; first those that the longest chain waits for."""
        free = [
            step
            for step in self._in(Stage.WAITS)
            if all(self._stages[need] is Stage.DONE for need in self._needs[step.id])
        ]
        return tuple(sorted(free, key=lambda step: -self._heights[step.id]))

    def starting(self) -> tuple[Step, ...]:
        """Give the steps that want their unit to run and are not lost or done."""
        open_steps = (*self._in(Stage.WAITS), *self._in(Stage.BEGUN))
        return tuple(step for step in open_steps if step.kind in STARTS)

    def is_waiting(self, step: Step) -> bool:
        """Whether a step is neither begun nor lost."""
        return self._stages[step.id] is Stage.WAITS

    @property
    def is_prepared(self) -> bool:
        """Whether everything is over that comes before the first container is created."""
        return all(
            self._stages[step.id] in {Stage.DONE, Stage.LOST}
            for step in self._steps.values()
            if step.kind not in STARTS and not self._follows_start(step.id, frozenset())
        )

    def begin(self, step: Step) -> None:
        """Mark a step as begun."""
        self._stages[step.id] = Stage.BEGUN

    def finish(self, step: Step) -> None:
        """Mark a step as done."""
        self._stages[step.id] = Stage.DONE

    def lose(self, step: Step) -> tuple[tuple[Step, Step], ...]:
        """Mark a step as failed; give each step lost with it and the one that it needed."""
        self._stages[step.id] = Stage.LOST
        lost: list[tuple[Step, Step]] = []
        for other in self._in(Stage.WAITS):
            if step.id in self._needs[other.id] and self._stages[other.id] is Stage.WAITS:
                lost.append((other, step))
                lost.extend(self.lose(other))
        return tuple(lost)

    def _in(self, stage: Stage) -> tuple[Step, ...]:
        return tuple(step for step in self._steps.values() if self._stages[step.id] is stage)

    def _follows_start(self, step_id: str, seen: frozenset[str]) -> bool:
        return any(
            self._steps[need].kind in STARTS or self._follows_start(need, seen | {step_id})
            for need in self._needs[step_id]
            if need not in seen
        )


def _needs(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    ids = {step.id for step in plan.steps}
    starts = {step.target: step.id for step in plan.steps if step.kind in STARTS}
    return {
        step.id: _known((*step.needs, *_unit_needs(plan, step, starts)), ids - {step.id})
        for step in plan.steps
    }


def leaned_on(plan: Plan) -> tuple[str, ...]:
    """Name the units that steps lean on and that have no step: they run, ready or not yet.

    An `up` that was interrupted leaves such: started, and not ready when the next one begins.
    """
    starts = {step.target for step in plan.steps if step.kind in STARTS}
    units = [unit for unit in plan.units if unit.name in starts]
    return tuple(sorted({need for unit in units for need in unit.needs} - starts))


def _heights(needs: Mapping[str, tuple[str, ...]]) -> Mapping[str, int]:
    """Give how long the longest chain of steps is that waits for each."""
    heights = dict.fromkeys(needs, 0)
    # A chain is no longer than there are steps, so a cycle, which no plan has, ends as well.
    for _ in needs:
        before = dict(heights)
        for step, wanted in needs.items():
            for need in wanted:
                heights[need] = max(heights[need], heights[step] + 1)
        if heights == before:
            break
    return heights


def _unit_needs(plan: Plan, step: Step, starts: Mapping[str, str]) -> Iterable[str]:
    unit = plan.unit(step.target) if step.kind in STARTS else None
    return tuple(starts[name] for name in unit.needs if name in starts) if unit else ()


def _known(needs: Iterable[str], ids: set[str]) -> tuple[str, ...]:
    # A need that the plan has no step for is met already.
    return tuple(sorted(set(needs) & ids))
