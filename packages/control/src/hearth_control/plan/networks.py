"""Which networks there are and who is in them.

| network | members | kind |
|---|---|---|
| `<project>-role-<role>` | who serves the role, who uses it | internal |
| `<project>-own-<service>` | containers of one service, if several | internal |
| `<project>-egress-<service>` | its containers that need the internet | open |
| `<project>-metrics-<service>` | its container that tells numbers, who collects them | internal |
| `<project>-front-<service>` | its published or routed containers, the gateway | no way out |

Docker publishes no port of a container that is on internal networks only, so such a container
gets a front: not internal, but without masquerading, so that it cannot reach out. The same lets
it reach programs on this host.

Egress is a network for each service, not a common one whose members may not talk: Docker answers
a name with the first network that two containers share, so that a common one without traffic
would cut those apart who may talk elsewhere. A container's default route is its first
non-internal network by name, so `egress` must sort before `front`.
Source: tried on Docker Engine 20.10.24; https://docs.docker.com/engine/network/drivers/bridge/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hearth_control.plan.model import Network, Note, Severity
from hearth_control.plan.subnets import assign

FLAT = "ai-network"
NO_WAY_OUT = {"com.docker.network.bridge.enable_ip_masquerade": "false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A container as networks see it.

    `uses`: role → the container that serves it · `own`: the service has several containers ·
    `collector`: the container that collects its numbers.
    """

    unit: str
    service: str
    uses: Mapping[str, str] = field(default_factory=dict)
    own: bool = False
    egress: bool = False
    host: bool = False
    published: bool = False
    routed: bool = False
    gateway: bool = False
    collector: str | None = None


@dataclass(slots=True)
class _Draft:
    role: str
    internal: bool
    options: Mapping[str, str] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)


def flat(members: Sequence[Member]) -> tuple[Network, ...]:
    """Put everybody into the one network that other tools of the person may use too."""
    if not members:
        return ()
    names = tuple(sorted(member.unit for member in members))
    return (Network(name=FLAT, role="flat", internal=False, members=names, external=True),)


def segmented(
    members: Sequence[Member],
    *,
    project: str,
    existing: Mapping[str, str],
    avoid: Iterable[str],
) -> tuple[tuple[Network, ...], tuple[Note, ...]]:
    """Cut containers apart so that only those who declared a need reach each other."""
    drafts: dict[str, _Draft] = {}
    gateways = [member.unit for member in members if member.gateway]
    for member in members:
        for role, server in member.uses.items():
            _join(drafts, f"role-{role}", role, (member.unit, server))
        if member.own:
            _join(drafts, f"own-{member.service}", f"inside {member.service}", (member.unit,))
        if member.collector is not None:
            about = f"numbers of {member.service}"
            _join(drafts, f"metrics-{member.service}", about, (member.unit, member.collector))
        if member.egress:
            draft = _join(
                drafts,
                f"egress-{member.service}",
                f"{member.service} to the internet",
                (member.unit,),
            )
            draft.internal = False
        if _needs_front(member, gateways):
            to_gateway = gateways if member.routed else []
            who = (member.unit, *to_gateway)
            draft = _join(drafts, f"front-{member.service}", f"to {member.service}", who)
            draft.internal, draft.options = False, NO_WAY_OUT
    return _with_subnets(drafts, project, existing=existing, avoid=avoid)


def _needs_front(member: Member, gateways: Sequence[str]) -> bool:
    if member.routed and gateways and member.unit not in gateways:
        return True
    return (member.published or member.host) and not member.egress


def _join(drafts: dict[str, _Draft], name: str, role: str, units: Iterable[str]) -> _Draft:
    draft = drafts.setdefault(name, _Draft(role=role, internal=True))
    draft.members.update(units)
    return draft


def _with_subnets(
    drafts: Mapping[str, _Draft],
    project: str,
    *,
    existing: Mapping[str, str],
    avoid: Iterable[str],
) -> tuple[tuple[Network, ...], tuple[Note, ...]]:
    names = {f"{project}-{name}": draft for name, draft in sorted(drafts.items())}
    subnets = assign(tuple(names), existing=existing, avoid=avoid)
    networks = tuple(
        Network(
            name=name,
            role=draft.role,
            internal=draft.internal,
            members=tuple(sorted(draft.members)),
            subnet=subnets.get(name),
            options=draft.options,
        )
        for name, draft in names.items()
    )
    return networks, _room(names.keys() - subnets.keys())


def _room(homeless: Iterable[str]) -> tuple[Note, ...]:
    names = ", ".join(f"`{name}`" for name in sorted(homeless))
    if not names:
        return ()
    note = Note(
        code="no-subnet",
        severity=Severity.ERROR,
        text=f"NETWORKS: no private subnet is left for {names} beside this host's routes",
        hint="hearth settings set NETWORKS=flat",
    )
    return (note,)
