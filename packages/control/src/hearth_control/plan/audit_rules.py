"""What of an audit a person should change: findings with the command that changes it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hearth_control.catalog.model import Catalog
from hearth_control.plan.audit import Audit, Door, Exposure, Power, Reach, Way
from hearth_control.plan.model import ContainerUnit, Note, Plan, Severity
from hearth_control.settings.model import Mode, Networks, Settings

_MIGHTY: Final = frozenset({"privileged: true", "cap_add: ALL", "cap_add: SYS_ADMIN"})
_USUAL: Final = ("device: ", "bind: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the rules look at."""

    audit: Audit
    plan: Plan
    catalog: Catalog
    settings: Settings


def findings(audit: Audit, *, plan: Plan, catalog: Catalog, settings: Settings) -> tuple[Note, ...]:
    """Judge an audit; the gravest first."""
    case = Case(audit=audit, plan=plan, catalog=catalog, settings=settings)
    order = (Severity.ERROR, Severity.WARNING, Severity.INFO)
    found = [note for rule in RULES for note in rule(case)]
    return tuple(sorted(found, key=lambda note: order.index(note.severity)))


def _open_ports(case: Case) -> Iterator[Note]:
    """Ports pass the gateway by: who can reach one needs no login."""
    gateway = case.plan.gateway.service if case.plan.gateway else ""
    past = {Way.PORT, Way.DIRECT}
    ports = [each for each in _beyond(case) if each.service != gateway and each.way in past]
    unguarded = sorted({each.service for each in ports if each.door is Door.ANYBODY})
    if unguarded:
        names = ", ".join(f"`{name}`" for name in unguarded)
        yield Note(
            code="port-unguarded",
            severity=Severity.ERROR,
            text=f"your network can use {names} without any login",
            hint=_shut(ports),
        )
    if case.settings.mode is Mode.PRIVATE and any(each.way is Way.PORT for each in ports):
        yield Note(
            code="port-plain",
            severity=Severity.WARNING,
            text=f"BIND: `{case.settings.bind}` carries passwords through your network unencrypted",
            hint="hearth settings set BIND=127.0.0.1 MODE=public ALLOW_FROM=lan",
        )


def _shut(ports: Sequence[Exposure]) -> str:
    """Name the command that shuts most: ports follow `BIND`, the rest is the service's own."""
    by_bind = any(each.way is Way.PORT for each in ports)
    return "hearth settings set BIND=127.0.0.1" if by_bind else f"hearth show {ports[0].service}"


def _open_routes(case: Case) -> Iterator[Note]:
    """Find whole routes; single paths are opened on purpose, for programs that carry a key."""
    for each in _beyond(case):
        if each.door is Door.ANYBODY and each.way is Way.ROUTE:
            yield Note(
                code="route-open",
                severity=Severity.WARNING,
                text=f"{each.service}: {each.reach.value} reaches {each.address}, and nobody is"
                " asked who comes",
                service=each.service,
                hint=f"hearth show {each.service}",
            )


def _powers(case: Case) -> Iterator[Note]:
    for power in case.audit.powers:
        if power.power in _MIGHTY:
            yield _of_power(power, "power-mighty", Severity.ERROR, "which is root on this machine")
        elif not power.why and not power.power.startswith(_USUAL):
            yield _of_power(power, "power-unexplained", Severity.ERROR, "and no file says why")


def _of_power(power: Power, code: str, severity: Severity, what: str) -> Note:
    return Note(
        code=code,
        severity=severity,
        text=f"{power.unit}: has `{power.power}`, {what}",
        service=power.service,
        hint=f"hearth show {power.service}",
    )


def _sockets(case: Case) -> Iterator[Note]:
    """Only a filter may hold Docker's socket, and a filter offers it on as the role `docker`."""
    for unit in case.plan.units:
        if not isinstance(unit, ContainerUnit):
            continue
        holds = any("docker.sock" in str(volume) for volume in unit.spec.get("volumes", ()))
        if holds and "docker" not in case.catalog.services[unit.service].offers:
            yield Note(
                code="socket-unfiltered",
                severity=Severity.ERROR,
                text=f"{unit.name}: holds Docker's socket unfiltered, which is root on this"
                " machine",
                service=unit.service,
                hint=f"hearth disable {unit.service}",
            )


def _limits(case: Case) -> Iterator[Note]:
    for unit in case.plan.units:
        if not isinstance(unit, ContainerUnit):
            continue
        security = unit.spec.get("security_opt", ())
        reasons = next(
            each.hardening
            for each in case.catalog.services[unit.service].containers
            if each.name == unit.name
        )
        if "no-new-privileges:true" not in security and not any(
            "no-new-privileges" in what or "no_new_privileges" in what for what in reasons
        ):
            power = Power(
                service=unit.service, unit=unit.name, power="no-new-privileges: false", why=""
            )
            yield _of_power(power, "power-unexplained", Severity.ERROR, "and no file says why")


def _flat(case: Case) -> Iterator[Note]:
    if case.settings.networks is Networks.FLAT:
        yield Note(
            code="network-flat",
            severity=Severity.WARNING,
            text="NETWORKS: `flat` lets every container reach every other and the internet",
            hint="hearth settings set NETWORKS=segmented",
        )


def _beyond(case: Case) -> list[Exposure]:
    return [each for each in case.audit.exposures if each.reach is not Reach.MACHINE]


RULES: Final[tuple[Callable[[Case], Iterator[Note]], ...]] = (
    _open_ports,
    _open_routes,
    _powers,
    _sockets,
    _limits,
    _flat,
)
