"""How the platform is, from what was brought up and what the engine sees now: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from hearth_control.deploy.applied import Applied, AppliedService
from hearth_control.engine.observed import Health, Observed, ObservedUnit, State

MANY_RESTARTS: Final = 3
UP: Final = "hearth up"

_WORST_FIRST: Final = (
    State.MISSING,
    State.EXITED,
    State.RESTARTING,
    State.STOPPED,
    State.STARTING,
    State.RUNNING,
)
_SICK_FIRST: Final = (Health.UNHEALTHY, Health.STARTING, Health.HEALTHY, Health.NONE)


class Verdict(StrEnum):
    """How the whole is."""

    RUNNING = "running"
    STARTING = "starting"
    PARTLY = "partly"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """One service now. `state` is its worst unit's, or its source where Hearth starts nothing."""

    name: str
    title: str
    source: str
    state: str
    health: str
    since: datetime | None = None
    url: str | None = None
    units: tuple[ObservedUnit, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to do about it."""
        return not self.units or (
            self.state == State.RUNNING and self.health in (Health.HEALTHY, Health.NONE)
        )

    @property
    def is_starting(self) -> bool:
        """Whether it is on its way."""
        return self.state == State.STARTING or (
            self.state == State.RUNNING and self.health == Health.STARTING
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a service, and the command for it."""

    service: str
    text: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `hearth status` says."""

    verdict: Verdict
    services: tuple[ServiceStatus, ...]
    problems: tuple[Problem, ...]


def report(applied: Applied, observed: Observed) -> Report:
    """Compare what was brought up with what is."""
    services = tuple(_status_of(service, observed) for service in applied.services)
    return Report(
        verdict=_verdict(services),
        services=services,
        problems=(
            *(Problem(service=observed.engine, text=text, hint=UP) for text in observed.warnings),
            *(
                problem
                for applied_service, status in zip(applied.services, services, strict=True)
                for problem in _problems(applied_service, status, observed)
            ),
        ),
    )


def _status_of(service: AppliedService, observed: Observed) -> ServiceStatus:
    units = tuple(_replicas(service.units, observed))
    if not units:
        state, health = _without_units(service, observed)
        return ServiceStatus(
            name=service.name,
            title=service.title,
            source=service.source,
            state=state,
            health=health,
            url=service.url,
        )
    started = [unit.started_at for unit in units if unit.started_at]
    return ServiceStatus(
        name=service.name,
        title=service.title,
        source=service.source,
        state=min((unit.state for unit in units), key=_WORST_FIRST.index).value,
        health=min((unit.health for unit in units), key=_SICK_FIRST.index).value,
        since=max(started) if started else None,
        url=service.url,
        units=units,
    )


def _without_units(service: AppliedService, observed: Observed) -> tuple[str, str]:
    """Say the state of a service that only has jobs, or that runs elsewhere."""
    if not service.jobs:
        return service.source, Health.NONE.value
    codes = [unit.exit_code for unit in _replicas(service.jobs, observed)]
    return ("done" if codes and not any(codes) else "failed"), Health.NONE.value


def _replicas(names: Sequence[str], observed: Observed) -> list[ObservedUnit]:
    found: list[ObservedUnit] = []
    for name in names:
        here = [unit for unit in observed.units if unit.name == name]
        service = name
        found += here or [ObservedUnit(name=name, service=service, state=State.MISSING)]
    return found


def _verdict(services: Sequence[ServiceStatus]) -> Verdict:
    own = [service for service in services if service.units]
    if all(service.is_well for service in own) and own:
        return Verdict.RUNNING
    if not any(service.state in (State.RUNNING, State.STARTING) for service in own):
        return Verdict.STOPPED
    if all(service.is_well or service.is_starting for service in own):
        return Verdict.STARTING
    return Verdict.PARTLY


def _problems(service: AppliedService, status: ServiceStatus, observed: Observed) -> list[Problem]:
    problems = [
        Problem(service=service.name, text=text, hint=hint)
        for unit in status.units
        for text, hint in _complaints(unit, service.name)
    ]
    for job in service.jobs:
        unit = observed.unit(job)
        if unit is not None and unit.exit_code:
            text = f"the job `{job}` failed with exit code {unit.exit_code}"
            problems.append(
                Problem(service=service.name, text=text, hint=f"hearth logs {service.name}")
            )
    return problems


def _complaints(unit: ObservedUnit, service: str) -> list[tuple[str, str]]:
    logs = f"hearth logs {service}"
    if unit.oom:
        return [("it was killed because it ran out of memory", f"hearth show {service}")]
    complaint: tuple[str, str] | None = None
    match unit.state:
        case State.MISSING:
            complaint = ("it is not there", f"hearth up {service}")
        case State.STOPPED:
            complaint = ("it is stopped", f"hearth up {service}")
        case State.EXITED:
            complaint = (f"it ended{_with_code(unit)}", logs)
        case State.RESTARTING:
            complaint = (f"it keeps ending{_with_code(unit)} and is started again", logs)
        case _ if unit.health is Health.UNHEALTHY:
            complaint = ("it runs, and its check fails", logs)
        case _ if unit.restarts >= MANY_RESTARTS:
            complaint = (f"it was restarted {unit.restarts} times", logs)
    return [complaint] if complaint else []


def _with_code(unit: ObservedUnit) -> str:
    return "" if unit.exit_code is None else f" with exit code {unit.exit_code}"
