"""Which networks there are and who is in them.

| network | members | kind |
|---|---|---|
| `<project>-role-<role>` | who serves the role, who uses it | internal |
| `<project>-own-<service>` | containers of one service, if several | internal |
| `<project>-egress-<service>` | its containers that need the internet | open |
| `<project>-metrics-<service>` | its container that tells numbers, who collects them | internal |
| `<project>-sealed-<service>` | its published or routed containers, the gateway | no way out |
| `<project>-front-<service>` | the same, where packets must find their way back | no way back |

`networks_fewer.py` leaves out those that another does the work of.

Docker publishes no port of a container that is on internal networks only, so such a container
gets a network that is not internal. It is sealed: without masquerading. Who is published beyond
loopback, or uses a program on this host, needs the way back and gets a front instead.

Members of all but egress and front are told of a way out where nobody is, so that no packet leaves
the network whatever the engine's packet filter says (engines before 28 take its rules away for an
instant whenever a network is made), while this host is their neighbour and still reaches them.
Engines from 25 on tell members of internal networks no way out at all, and take none for them.

Egress is a network for each service, not a common one whose members may not talk: Docker answers
a name with the first network that two containers share, so that a common one without traffic
would cut those apart who may talk elsewhere. A container's default route is its first
non-internal network by name, so `egress` must sort before `front`, and that before `sealed`.
Source: tried on Docker Engine 20.10.24; https://docs.docker.com/engine/network/drivers/bridge/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hearth_control.plan.model import Network, NetworkKind, Note, Severity
from hearth_control.plan.networks_fewer import INTERNAL, Draft, fewer
from hearth_control.plan.subnets import SPARE, assign, first_overlap, last_address

FLAT = "ai-network"
_ANSWERING = frozenset({NetworkKind.FRONT, NetworkKind.SEALED})
_LEADING = frozenset({NetworkKind.EGRESS, NetworkKind.FRONT})
"""Whose members the engine may tell what it tells by itself: the bridge's own address."""
NO_WAY_OUT = {"com.docker.network.bridge.enable_ip_masquerade": "false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lan:
    """The person's own network, and the address that a container has in it."""

    parent: str
    subnet: str
    gateway: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A container as networks see it.

    `uses`: role → the container that serves it · `own`: the service has several containers ·
    `collector`: the container that collects its numbers · `beyond`: it is published to more than
    this machine · `lan`: it has an address of its own in the person's network.
    """

    unit: str
    service: str
    uses: Mapping[str, str] = field(default_factory=dict)
    own: bool = False
    egress: bool = False
    host: bool = False
    published: bool = False
    beyond: bool = False
    routed: bool = False
    gateway: bool = False
    collector: str | None = None
    lan: Lan | None = None


def flat(members: Sequence[Member]) -> tuple[Network, ...]:
    """Put everybody into the one network that other tools of the person may use too."""
    if not members:
        return ()
    names = tuple(sorted(member.unit for member in members))
    return (
        Network(
            name=FLAT,
            role="flat",
            kind=NetworkKind.FLAT,
            internal=False,
            members=names,
            external=True,
        ),
    )


def segmented(
    members: Sequence[Member],
    *,
    project: str,
    existing: Mapping[str, str],
    avoid: Iterable[str],
    within: str = "",
    routes_inside: bool = False,
) -> tuple[tuple[Network, ...], tuple[Note, ...]]:
    """Cut containers apart so that only those who declared a need reach each other.

    `within`: the range that the person wants subnets of; empty: any that is free ·
    `routes_inside`: the engine tells members of internal networks a way out.
    """
    names = {f"{project}-{draft.name}": draft for draft in fewer(cut(members))}
    avoided = tuple(avoid)
    subnets = assign(tuple(names), existing=existing, avoid=avoided, within=within)
    leading = _LEADING if routes_inside else _LEADING | INTERNAL
    networks = tuple(
        _network(name, draft, subnet=subnets.get(name), is_led=draft.kind in leading)
        for name, draft in names.items()
    )
    return networks, _room(names.keys() - subnets.keys(), avoided, within)


def cut(members: Sequence[Member]) -> tuple[Draft, ...]:
    """Give a network for each reason that there is to have one."""
    drafts: dict[str, Draft] = {}
    gateways = [member.unit for member in members if member.gateway]
    fronts = {member.service for member in members if _needs_way_back(member)}
    for member in members:
        for role, server in member.uses.items():
            _join(drafts, NetworkKind.ROLE, role, role, (member.unit, server))
        name = member.service
        if member.own:
            _join(drafts, NetworkKind.OWN, name, f"inside {name}", (member.unit,))
        if member.collector is not None:
            who = (member.unit, member.collector)
            _join(drafts, NetworkKind.METRICS, name, f"numbers of {name}", who)
        if member.egress:
            _join(drafts, NetworkKind.EGRESS, name, f"{name} to the internet", (member.unit,))
        if _needs_front(member, gateways):
            to_gateway = gateways if member.routed else []
            kind = NetworkKind.FRONT if name in fronts else NetworkKind.SEALED
            _join(drafts, kind, name, f"to {name}", (member.unit, *to_gateway))
    return tuple(drafts.values())


def _needs_front(member: Member, gateways: Sequence[str]) -> bool:
    if member.routed and gateways and member.unit not in gateways:
        return True
    return (member.published or member.host) and not member.egress


def _needs_way_back(member: Member) -> bool:
    """Tell whether it answers to, or asks, addresses that are no neighbours of its network."""
    return (member.beyond or member.host) and not member.egress


def _join(
    drafts: dict[str, Draft], kind: NetworkKind, about: str, role: str, units: Iterable[str]
) -> None:
    fresh = Draft(kind=kind, about=about, role=role, members=frozenset(units))
    there = drafts.get(fresh.name, fresh)
    drafts[fresh.name] = replace(there, members=there.members | fresh.members)


def _network(name: str, draft: Draft, *, subnet: str | None, is_led: bool) -> Network:
    return Network(
        name=name,
        role=draft.role,
        kind=draft.kind,
        internal=draft.kind in INTERNAL,
        members=tuple(sorted(draft.members)),
        subnet=subnet,
        options=NO_WAY_OUT if draft.kind in _ANSWERING else {},
        nowhere=None if is_led else last_address(subnet),
    )


def range_notes(within: str, routes: Iterable[str], ours: Iterable[str]) -> tuple[Note, ...]:
    """Refuse a range of the person's that leads elsewhere already.

    `ours`: networks of the engine, of this and other installations, which subnets go around.
    """
    known = set(ours)
    route = first_overlap(within, (one for one in routes if one not in known)) if within else None
    if route is None:
        return ()
    note = Note(
        code="range-routed",
        severity=Severity.ERROR,
        text=f"NETWORK_RANGE: `{within}` overlaps `{route}`, where this host reaches others",
        hint="hearth settings unset NETWORK_RANGE",
    )
    return (note,)


def outlived_notes(names: Sequence[str]) -> tuple[Note, ...]:
    """Refuse to go on with networks that the engine cannot use since it was replaced."""
    if not names:
        return ()
    note = Note(
        code="networks-outlived",
        severity=Severity.ERROR,
        text=f"networks: an older Docker made {_short(names)}, which this one cannot use; "
        "taking everything down and up again makes them anew and keeps the data",
        hint="hearth down && hearth up",
    )
    return (note,)


def _room(homeless: Iterable[str], avoid: Sequence[str], within: str) -> tuple[Note, ...]:
    names = sorted(homeless)
    if not names:
        return ()
    where = f"in `NETWORK_RANGE={within}`" if within else "in the private ranges"
    spare = next((one for one in SPARE if one != within and not first_overlap(one, avoid)), None)
    note = Note(
        code="no-subnet",
        severity=Severity.ERROR,
        text=f"NETWORKS: no subnet is left {where} for {_short(names)} beside this host's routes",
        hint=f"hearth settings set NETWORK_RANGE={spare}"
        if spare
        else "hearth settings set NETWORKS=flat",
    )
    return (note,)


def _short(names: Sequence[str]) -> str:
    """Name the first of some networks, and how many more there are."""
    return f"`{names[0]}`" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
