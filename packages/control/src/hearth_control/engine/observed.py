"""What is: one snapshot of an engine, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where a unit is in its life."""

    RUNNING = "running"
    STARTING = "starting"
    RESTARTING = "restarting"
    EXITED = "exited"
    STOPPED = "stopped"
    MISSING = "missing"


class Health(StrEnum):
    """What the unit's own check says."""

    HEALTHY = "healthy"
    STARTING = "starting"
    UNHEALTHY = "unhealthy"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedUnit:
    """One container or process as it is now. Memory in bytes; None is not known."""

    name: str
    service: str
    state: State
    health: Health = Health.NONE
    hash: str = ""
    image: str = ""
    job: bool = False
    exit_code: int | None = None
    oom: bool = False
    restarts: int = 0
    started_at: datetime | None = None
    id: str = ""
    pid: int | None = None
    ports: tuple[int, ...] = ()
    """TCP ports of the host that it holds now."""
    replica: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything of one installation that an engine holds."""

    engine: str
    units: tuple[ObservedUnit, ...] = ()
    networks: Mapping[str, str] = field(default_factory=dict)
    """Name → subnet, this installation's only."""
    foreign_subnets: tuple[str, ...] = ()
    """Subnets of the engine's other networks, in CIDR form."""
    volumes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Volume name → labels."""
    images: tuple[str, ...] = ()
    """Image references that are on the machine, of those the plan may ask for."""
    outlived: tuple[str, ...] = ()
    """Networks that an older engine made and this one cannot use, this installation's only."""
    routes_inside: bool = False
    """Members of internal networks are told a way out, which must be one where nobody is."""
    warnings: tuple[str, ...] = ()
    """What the engine finds amiss with itself, as a person would say it."""

    def unit(self, name: str) -> ObservedUnit | None:
        """Find a unit by name."""
        return next((unit for unit in self.units if unit.name == name), None)
