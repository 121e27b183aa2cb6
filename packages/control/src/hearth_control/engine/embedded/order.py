"""Which unit waits for which, and what a plan lacks by the time it is carried out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from hearth_control.engine.embedded.state import EngineState
from hearth_control.plan.model import Plan, ProcessUnit, Step, StepKind


def stop_waves(needs: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """Order units so that none is stopped before those that need it; a wave goes together.

    Example:
        >>> list(stop_waves({"db": (), "app": ("db",), "web": ("app", "db")}))
        [('web',), ('app',), ('db',)]
    """
    left = {name: set(wanted) & set(needs) for name, wanted in needs.items()}
    while left:
        needed = {name for wanted in left.values() for name in wanted}
        wave = tuple(sorted(set(left) - needed)) or tuple(sorted(left))
        yield wave
        left = {name: wanted for name, wanted in left.items() if name not in wave}


def light_needs(plan: Plan) -> dict[str, frozenset[str]]:
    """Find the needs that are met before the needed process itself runs.

    A process that is not told where another one listens cannot ask it anything: it needs what
    comes before it. The worker needs the schema that the server's `before` brings up to date.
    """
    processes = [unit for unit in plan.units if isinstance(unit, ProcessUnit)]
    prepares = {unit.name for unit in processes if unit.process is not None and unit.process.before}
    ports = {unit.name: unit.port for unit in processes}
    return {
        unit.name: frozenset(
            need for need in unit.needs if need in prepares and not _knows(unit, ports[need])
        )
        for unit in processes
    }


def _knows(unit: ProcessUnit, port: int | None) -> bool:
    """Tell whether a port stands anywhere in what a process is given."""
    command = () if unit.process is None else unit.process.command
    number = re.compile(rf"(?<!\d){port}(?!\d)")
    return any(number.search(text) for text in (*unit.environment.values(), *command))


def with_lost_units(plan: Plan, state: EngineState | None) -> Plan:
    """Add steps for unchanged units that ended after the plan was made: it must still come true."""
    records = {} if state is None else state.units
    steps = [
        Step(kind=StepKind.START, target=unit.name, cause="it has ended", service=unit.service)
        for unit in plan.units
        if isinstance(unit, ProcessUnit)
        and unit.name in plan.unchanged
        and (unit.name not in records or records[unit.name].state in {"stopped", "exited"})
    ]
    return replace(plan, steps=(*steps, *plan.steps)) if steps else plan
