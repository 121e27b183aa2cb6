"""Who reaches whom, and why: what a plan's networks let through.

| way | means |
|---|---|
| `declared` | the asker's file asks for it, or the platform needs it (gateway, numbers) |
| `open` | a shared network lets it through, though nobody asked for this direction |
| `closed` | they share no network |

A network works in both directions and between all of its members, so that `open` is what cutting
by role leaves; `tests/e2e/test_wiring_holds.py` tries every pair on a real engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations

from hearth_control.plan.model import (
    ContainerUnit,
    Network,
    NetworkKind,
    Plan,
    ProcessUnit,
    Unit,
)
from hearth_control.plan.wire import HOST_FROM_CONTAINER


class Way(StrEnum):
    """Whether one reaches another; from the best to the least."""

    DECLARED = "declared"
    OPEN = "open"
    CLOSED = "closed"


_RANK = {way: rank for rank, way in enumerate(Way)}
_OUT = frozenset({NetworkKind.EGRESS, NetworkKind.LAN, NetworkKind.FLAT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One way from a unit to another: the network it leads over, and why that is there."""

    network: str | None
    way: Way
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whether one unit reaches another, by all the paths there are."""

    asker: str
    target: str
    paths: tuple[Path, ...]

    @property
    def way(self) -> Way:
        """Give the best of its paths."""
        return min((path.way for path in self.paths), key=_RANK.__getitem__, default=Way.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outward:
    """What a unit reaches beyond the platform.

    `internet`: the network that leads there, with the names of the world and whatever the host
    itself reaches · `host`: it is told where programs on this host are · `published`: where this
    host, or who reaches it, finds the unit.
    """

    unit: str
    service: str
    internet: str | None
    host: bool
    published: tuple[str, ...]


def between(plan: Plan, asker: str, target: str) -> Reach:
    """Say whether one unit reaches another.

    Raises:
        KeyError: the plan has no such unit; callers check names first.
    """
    units = {unit.name: unit for unit in plan.units}
    one, other = units[asker], units[target]
    paths = sorted(_paths(plan, one, other), key=lambda path: _RANK[path.way])
    return Reach(asker=asker, target=target, paths=tuple(paths))


def open_pairs(plan: Plan) -> tuple[Reach, ...]:
    """Give every pair of units that is not closed, sorted by name."""
    groups = [network.members for network in plan.networks]
    groups.append(tuple(unit.name for unit in plan.units if isinstance(unit, ProcessUnit)))
    pairs = {pair for members in groups for pair in permutations(members, 2)}
    return tuple(between(plan, asker, target) for asker, target in sorted(pairs))


def outward(plan: Plan) -> tuple[Outward, ...]:
    """Say for each unit what it reaches beyond the platform, in the order of the plan."""
    return tuple(_outward(plan, unit) for unit in plan.units)


def units_of(plan: Plan, name: str) -> tuple[str, ...]:
    """Name the units that a service has, or the unit itself; none where there is neither."""
    if any(service.name == name for service in plan.services):
        return tuple(unit.name for unit in plan.units if unit.service == name)
    return tuple(unit.name for unit in plan.units if unit.name == name)


def elsewhere(plan: Plan, asker: str, target: str) -> Path | None:
    """Find how a service reaches one that Hearth does not run: on this host, or at a URL."""
    wire = next((w for w in plan.wires if (w.consumer, w.provider) == (asker, target)), None)
    if wire is None:
        return None
    why = f"`{asker}` asks for `{wire.role}` at {wire.endpoint.host}:{wire.endpoint.port}"
    return Path(network=None, way=Way.DECLARED, why=why)


def _paths(plan: Plan, asker: Unit, target: Unit) -> Iterator[Path]:
    if isinstance(asker, ProcessUnit) and isinstance(target, ProcessUnit):
        way = Way.DECLARED if _uses(plan, asker, target) else Way.OPEN
        yield Path(network=None, way=way, why="both are processes on this machine")
    for network in plan.networks:
        if {asker.name, target.name} <= set(network.members):
            way, why = _because(plan, network, asker, target)
            yield Path(network=network.name, way=way, why=why)


def _because(plan: Plan, network: Network, asker: Unit, target: Unit) -> tuple[Way, str]:
    if network.kind is NetworkKind.FLAT:
        declared = asker.service == target.service or _uses(plan, asker, target)
        why = "NETWORKS=flat puts everybody into one network"
        return (Way.DECLARED if declared else Way.OPEN), why
    if why := _by_role(plan, network, asker, target) or _by_platform(plan, asker, target):
        return Way.DECLARED, why
    if asker.service == target.service:
        return Way.DECLARED, f"both are of `{asker.service}`"
    if role := _role_served(plan, network, target, asker):
        why = f"`{asker.name}` serves `{role}` to `{target.name}`"
    elif not (why := _by_platform(plan, target, asker)):
        return Way.OPEN, _beside(network)
    return Way.OPEN, f"{why}, and a network works both ways"


def _by_role(plan: Plan, network: Network, asker: Unit, target: Unit) -> str:
    role = _role_served(plan, network, asker, target)
    return role and f"`{asker.service}` asks for `{role}`, which `{target.name}` serves"


def _role_served(plan: Plan, network: Network, asker: Unit, target: Unit) -> str:
    """Name the role by which one asks the other; the network's own before any other."""
    roles = [
        wire.role
        for wire in plan.wires
        if (wire.consumer, wire.provider) == (asker.service, target.service)
    ]
    return network.role if network.role in roles else next(iter(roles), "")


def _by_platform(plan: Plan, asker: Unit, target: Unit) -> str:
    if plan.gateway and asker.service == plan.gateway.service:
        if target.service in {route.service for route in plan.gateway.routes}:
            return f"`{asker.name}` serves the route of `{target.name}`"
    elif asker.service == plan.watch.collector and target.service in {
        watched.service for watched in plan.watch.targets
    }:
        return f"`{asker.name}` collects the numbers of `{target.name}`"
    return ""


def _beside(network: Network) -> str:
    if network.kind is NetworkKind.ROLE:
        return f"both use `{network.role}`, and members of a network reach each other"
    return f"both are there {network.role}, and members of a network reach each other"


def _uses(plan: Plan, asker: Unit, target: Unit) -> bool:
    return any((w.consumer, w.provider) == (asker.service, target.service) for w in plan.wires)


def _outward(plan: Plan, unit: Unit) -> Outward:
    ports = [port for port in plan.published if unit.name in {port.container, port.service}]
    if isinstance(unit, ContainerUnit):
        mine = (n for n in plan.networks if unit.name in n.members and n.kind in _OUT)
        internet = next((network.name for network in mine), None)
        hosts = unit.spec.get("extra_hosts", ())
        host = any(str(line).startswith(HOST_FROM_CONTAINER) for line in hosts)
        ports = [port for port in plan.published if port.container == unit.name]
    else:
        internet, host = "this machine", True
    return Outward(
        unit=unit.name,
        service=unit.service,
        internet=internet,
        host=host,
        published=tuple(f"{port.bind}:{port.host_port}" for port in ports),
    )
