"""One answer about reaching, for a whole plan, one name or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hearth_control.catalog.model import Catalog
from hearth_control.plan.model import Network, Plan
from hearth_control.plan.opening import Opening, opening
from hearth_control.plan.reach import (
    Outward,
    Path,
    Reach,
    Way,
    between,
    elsewhere,
    open_pairs,
    outward,
    units_of,
)

INTERNET, HOST = "internet", "host"
OUTSIDE = (INTERNET, HOST)
"""What is no service and may be asked for as a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of the plan and its units."""

    name: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was asked, and what there is to say.

    `pairs`: what is not closed, of what was asked about · `outward`: of whom it was asked ·
    `elsewhere`: the way to a service that Hearth does not run · `opening`: why two services do
    not reach each other.
    """

    names: tuple[str, ...]
    services: tuple[Service, ...]
    networks: tuple[Network, ...]
    pairs: tuple[Reach, ...]
    outward: tuple[Outward, ...]
    elsewhere: Path | None = None
    opening: Opening | None = None

    @property
    def units(self) -> tuple[str, ...]:
        """Name every unit of the plan."""
        return tuple(unit for service in self.services for unit in service.units)

    def between_services(self, asker: Service, target: Service) -> Way:
        """Give the best way between two services' units."""
        ways = [
            pair.way
            for pair in self.pairs
            if pair.asker in asker.units and pair.target in target.units
        ]
        return Way.DECLARED if Way.DECLARED in ways else Way.OPEN if ways else Way.CLOSED


def answer(plan: Plan, catalog: Catalog, names: Sequence[str]) -> Answer:
    """Answer for everybody, for one name or for two; names were checked."""
    services = tuple(
        Service(name=each.name, units=units_of(plan, each.name)) for each in plan.services
    )
    known = outward(plan)
    if not names:
        asked, pairs = known, open_pairs(plan)
    else:
        units = units_of(plan, names[0])
        asked = tuple(one for one in known if one.unit in units)
        pairs = _of_one(plan, units) if len(names) == 1 else _of_two(plan, units, names[1])
    path = elsewhere(plan, *names) if len(names) == 2 else None
    return Answer(
        names=tuple(names),
        services=services,
        networks=plan.networks,
        pairs=pairs,
        outward=asked,
        elsewhere=path,
        opening=None if pairs or path else _opening(plan, catalog, names),
    )


def _of_one(plan: Plan, units: Sequence[str]) -> tuple[Reach, ...]:
    inside = set(units)
    return tuple(
        pair for pair in open_pairs(plan) if (pair.asker in inside) != (pair.target in inside)
    )


def _of_two(plan: Plan, units: Sequence[str], target: str) -> tuple[Reach, ...]:
    pairs = (
        between(plan, unit, other)
        for unit in units
        for other in units_of(plan, target)
        if unit != other
    )
    return tuple(pair for pair in pairs if pair.paths)


def _opening(plan: Plan, catalog: Catalog, names: Sequence[str]) -> Opening | None:
    if len(names) < 2 or names[1] in OUTSIDE:
        return None
    asker, target = (_service_of(plan, name) for name in names)
    if asker == target:
        return Opening(why=f"`{asker}` is asked about itself")
    return opening(plan, catalog, asker, target)


def _service_of(plan: Plan, name: str) -> str:
    unit = plan.unit(name)
    is_service = any(service.name == name for service in plan.services)
    return name if is_service or unit is None else unit.service
