"""A plan cut down to some services and what they stand on: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hearth_control.plan.model import Plan, Step


def restrict(plan: Plan, services: Sequence[str]) -> Plan:
    """Keep the steps of the named services and every step that those need.

    The units of the whole plan stay in it: an engine renders all, and starts what steps say.
    """
    if not services:
        return plan
    by_id = {step.id: step for step in plan.steps}
    wanted = [step.id for step in plan.steps if step.service in services]
    kept: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name in kept or name not in by_id:
            continue
        kept.add(name)
        wanted += by_id[name].needs
    steps = tuple(step for step in plan.steps if step.id in kept)
    return replace(plan, steps=steps)


def destructive(plan: Plan) -> tuple[Step, ...]:
    """Give the steps that lose something for good."""
    return tuple(step for step in plan.steps if step.destroys)
