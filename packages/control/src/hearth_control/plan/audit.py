"""What is exposed, to whom, and why; who may reach out; who holds which power. Pure.

The view is that of the plan, so it holds before anything is started. `audit_rules` judges it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hearth_control.catalog.hardening import relaxed
from hearth_control.catalog.model import Catalog, Service
from hearth_control.catalog.privilege import host_paths
from hearth_control.plan.model import (
    ContainerUnit,
    Gateway,
    NetworkKind,
    Plan,
    PlannedRoute,
    Published,
)
from hearth_control.plan.outside import is_loopback
from hearth_control.settings.model import AllowFrom, Mode, Settings

OPEN_NETWORKS = frozenset({NetworkKind.EGRESS, NetworkKind.LAN, NetworkKind.FLAT})
_OWN_ADDRESS = "an address of its own"
_EVERY_PORT = "every port it opens"
_HOST_KEYS = ("network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup")


class Reach(StrEnum):
    """From where something can be reached."""

    MACHINE = "this machine"
    NETWORK = "your network"
    CLOUDFLARE = "the internet, by Cloudflare"
    INTERNET = "the internet"


class Door(StrEnum):
    """Who passes."""

    ANYBODY = "anybody"
    SIGNED_IN = "the gateway's sign-in"
    OWN = "its own sign-in"
    SECRET = "its password"  # noqa: S105  # what a person reads
    NOBODY = "nobody"


class Way(StrEnum):
    """How a service is reached: a port of this machine, the gateway, or past both."""

    PORT = "port"
    ROUTE = "route"
    PATH = "path"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One way to a service: an address, from where it is reached, who passes, and why it is."""

    way: Way
    service: str
    address: str
    reach: Reach
    door: Door
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What one container may do beyond the usual, and why; `why` is empty where nobody said."""

    service: str
    unit: str
    power: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What a plan lets through: ways in, units that reach the internet, powers.

    `writable` names the containers that may change their own programs until they are recreated.
    """

    exposures: tuple[Exposure, ...]
    egress: tuple[str, ...]
    powers: tuple[Power, ...]
    writable: tuple[str, ...] = ()


def audit(plan: Plan, *, catalog: Catalog, settings: Settings) -> Audit:
    """Look a plan over."""
    ways = (
        *_ports(plan, catalog, settings),
        *_direct(plan, catalog),
        *_routes(plan.gateway, settings),
    )
    reaching = {name for net in plan.networks if net.kind in OPEN_NETWORKS for name in net.members}
    units = [unit for unit in plan.units if isinstance(unit, ContainerUnit)]
    reaching |= {unit.name for unit in units if unit.spec.get("network_mode") == "host"}
    return Audit(
        exposures=tuple(ways),
        egress=tuple(sorted(reaching)),
        powers=tuple(power for unit in units for power in _powers(unit, catalog)),
        writable=tuple(sorted(unit.name for unit in units if not unit.spec.get("read_only"))),
    )


def _ports(plan: Plan, catalog: Catalog, settings: Settings) -> Iterator[Exposure]:
    for port in plan.published:
        service = catalog.services[port.service]
        is_gateway = plan.gateway is not None and plan.gateway.service == port.service
        yield Exposure(
            way=Way.PORT,
            service=port.service,
            address=f"{port.bind}:{port.host_port}/{port.protocol}",
            reach=_reach_of(port, settings, is_gateway=is_gateway),
            door=Door.ANYBODY if is_gateway else _own_door(service),
            why=_why_port(port, settings, is_gateway=is_gateway),
        )


def _direct(plan: Plan, catalog: Catalog) -> Iterator[Exposure]:
    """Find containers that other machines reach without a port of this one or the gateway."""
    for unit in plan.units:
        if not isinstance(unit, ContainerUnit):
            continue
        lan = [net for net in plan.networks if net.kind is NetworkKind.LAN]
        whys = [(_OWN_ADDRESS, net.role) for net in lan if unit.name in net.members]
        if unit.spec.get("network_mode") == "host":
            whys.append((_EVERY_PORT, "network_mode: host"))
        for address, why in whys:
            yield Exposure(
                way=Way.DIRECT,
                service=unit.service,
                address=address,
                reach=Reach.NETWORK,
                door=_own_door(catalog.services[unit.service]),
                why=why,
            )


def _reach_of(port: Published, settings: Settings, *, is_gateway: bool) -> Reach:
    if is_loopback(port.bind):
        return Reach.MACHINE
    if settings.mode is Mode.PUBLIC and is_gateway:
        return outside_of(settings)
    return Reach.NETWORK


def outside_of(settings: Settings) -> Reach:
    """Say from where the gateway is reached in this mode."""
    if settings.mode is Mode.PRIVATE:
        return Reach.MACHINE if is_loopback(settings.bind) else Reach.NETWORK
    if settings.mode is Mode.TUNNEL:
        return Reach.CLOUDFLARE
    by_list = {AllowFrom.LAN: Reach.NETWORK, AllowFrom.CLOUDFLARE: Reach.CLOUDFLARE}
    return by_list.get(settings.allow_from, Reach.INTERNET)


def _own_door(service: Service) -> Door:
    """Say who passes at a port of the service's own, past the gateway."""
    if service.route is not None and service.route.access == "own":
        return Door.OWN
    return Door.SECRET if any(offer.secret for offer in service.offers.values()) else Door.ANYBODY


def _why_port(port: Published, settings: Settings, *, is_gateway: bool) -> str:
    if settings.of(port.service).port == port.host_port:
        return f"you set {port.service.upper().replace('-', '_')}_PORT"
    if is_gateway and settings.mode is Mode.PUBLIC:
        return "the gateway's door"
    return "every port, as MODE=private"


def _routes(gateway: Gateway | None, settings: Settings) -> Iterator[Exposure]:
    if gateway is None:
        return
    reach = outside_of(settings)
    for route in gateway.routes:
        door, why = _door_of(route, gateway)
        yield Exposure(
            way=Way.ROUTE,
            service=route.service,
            address=route.host,
            reach=reach,
            door=door,
            why=why,
        )
        if door not in {Door.SIGNED_IN, Door.NOBODY}:
            continue
        for path in route.open_paths:
            yield Exposure(
                way=Way.PATH,
                service=route.service,
                address=f"{route.host}{path}",
                reach=reach,
                door=Door.ANYBODY,
                why="its file opens this path, for programs",
            )


def _door_of(route: PlannedRoute, gateway: Gateway) -> tuple[Door, str]:
    if route.access == "own":
        return Door.OWN, "it signs people in itself"
    if route.access == "open":
        return Door.ANYBODY, "its file says that nobody is asked"
    if not gateway.exposed:
        return Door.ANYBODY, "on this machine alone nobody is asked"
    if gateway.sign_in is None or gateway.service == "kong":
        return Door.NOBODY, "nothing asks people to sign in, so it stays shut"
    return Door.SIGNED_IN, f"{gateway.sign_in} asks"


def _powers(unit: ContainerUnit, catalog: Catalog) -> Iterator[Power]:
    reasons = _reasons(unit, catalog)
    said = dict.fromkeys((*reasons, *_taken(unit.spec)))
    for power in said:
        why = reasons.get(power) or _reason_of(power, reasons)
        yield Power(service=unit.service, unit=unit.name, power=power, why=why)


def _reasons(unit: ContainerUnit, catalog: Catalog) -> Mapping[str, str]:
    containers = catalog.services[unit.service].containers
    return next((each.hardening for each in containers if each.name == unit.name), {})


def _reason_of(power: str, reasons: Mapping[str, str]) -> str:
    """Find a reason that was written for one hardware alone: `nvidia: cap_add: NAME`."""
    return next((why for what, why in reasons.items() if what.endswith(f": {power}")), "")


def _taken(spec: Mapping[str, Any]) -> Iterator[str]:
    """Read the powers off what the engine is given, whatever the file explains."""
    if spec.get("privileged"):
        yield "privileged: true"
    for key in _HOST_KEYS:
        if str(spec.get(key, "")).startswith("host"):
            yield f"{key}: host"
    for name in spec.get("cap_add", ()):
        yield f"cap_add: {name}"
    for source in host_paths(spec.get("volumes", ())):
        yield "docker.sock" if source.endswith("docker.sock") else f"bind: {source}"
    for option in relaxed(spec):
        yield f"security_opt: {option}"
    for device in spec.get("devices", ()):
        yield f"device: {str(device).partition(':')[0]}"
