"""What is different between a planned unit and what the engine has: a step, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hearth_control.engine.observed import Observed, ObservedUnit, State
from hearth_control.plan.digest import changed, same_ports
from hearth_control.plan.model import ContainerUnit, StepKind, Unit

RUNS = frozenset({State.RUNNING, State.STARTING, State.RESTARTING})

WELL = RUNS - {State.RESTARTING}
"""What is left alone; a unit that keeps ending is started again, so that its failure is told."""

Replicas = Mapping[str, Sequence[ObservedUnit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What must be done to a unit, and why."""

    kind: StepKind
    cause: str


def replicas(observed: Observed) -> dict[str, list[ObservedUnit]]:
    """Group what is there by unit."""
    found: dict[str, list[ObservedUnit]] = {}
    for unit in observed.units:
        if unit.state is not State.MISSING:
            found.setdefault(unit.name, []).append(unit)
    return found


def change_of(unit: Unit, seen: Sequence[ObservedUnit], *, cause: str) -> Change | None:
    """Compare one unit with its replicas; `cause` says why its service is on at all."""
    if unit.job:
        return _job_change(unit, seen, cause=cause)
    if not seen:
        return Change(kind=StepKind.CREATE, cause=cause)
    different = next((one for one in seen if one.hash != unit.hash), None)
    if different is not None:
        return Change(kind=StepKind.RECREATE, cause=_what_changed(unit, different))
    stopped = next((one for one in seen if one.state not in WELL), None)
    if stopped is not None:
        return Change(kind=StepKind.START, cause=_why_stopped(stopped))
    wanted = _scale(unit)
    if len(seen) != wanted:
        return Change(kind=StepKind.START, cause=f"scale {len(seen)} → {wanted}")
    return None


def held_ports(units: Iterable[Unit], seen: Replicas) -> frozenset[str]:
    """Name the units that run already with the very ports that are planned for them."""
    return frozenset(
        unit.name
        for unit in units
        if any(
            one.state in RUNS and same_ports(one.hash, unit.hash) for one in seen.get(unit.name, ())
        )
    )


def _job_change(unit: Unit, seen: Sequence[ObservedUnit], *, cause: str) -> Change | None:
    if not seen:
        return Change(kind=StepKind.RUN, cause=cause)
    last = seen[0]
    if last.hash != unit.hash:
        return Change(kind=StepKind.RUN, cause=_what_changed(unit, last))
    if last.state is State.EXITED and last.exit_code == 0:
        return None
    if last.state in RUNS:
        return Change(kind=StepKind.RUN, cause="it has not finished")
    return Change(kind=StepKind.RUN, cause=f"it failed with exit code {last.exit_code}")


def _what_changed(unit: Unit, seen: ObservedUnit) -> str:
    facets = list(changed(seen.hash, unit.hash))
    if not facets:
        return "its settings changed"
    said = ", ".join(_facet_text(facet, unit, seen) for facet in facets if facet != "other")
    return f"changed: {said}" if said else "changed: other settings"


def _facet_text(facet: str, unit: Unit, seen: ObservedUnit) -> str:
    if facet != "image" or not isinstance(unit, ContainerUnit) or seen.image == unit.image:
        return facet
    return f"image {seen.image} → {unit.image}" if seen.image else facet


def _why_stopped(seen: ObservedUnit) -> str:
    if seen.oom:
        return "it ran out of memory"
    if seen.state is State.RESTARTING:
        return "it keeps ending"
    if seen.state is State.EXITED:
        return f"it exited with code {seen.exit_code}"
    return "it is stopped"


def _scale(unit: Unit) -> int:
    return int(unit.spec.get("scale", 1)) if isinstance(unit, ContainerUnit) else 1
