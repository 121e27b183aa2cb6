"""An address of its own in the person's network, for a service that looks for devices there.

A macvlan gives the container a second interface on the wire. The parent is one of this host's
interfaces; the host itself does not reach the container over it.
Source: https://docs.docker.com/engine/network/drivers/macvlan/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b

from hearth_control.catalog.model import Source
from hearth_control.host.model import Host
from hearth_control.plan.model import Network, NetworkKind, Note, Severity
from hearth_control.plan.names import variable_name
from hearth_control.plan.networks import Lan, Member
from hearth_control.plan.place import Placed
from hearth_control.settings.keys import LAN_GATEWAY, LAN_IP, LAN_PARENT, LAN_SUBNET
from hearth_control.settings.model import Settings


def lan_of(placed: Placed, settings: Settings, host: Host) -> tuple[Lan | None, tuple[Note, ...]]:
    """Read what the person said of a service's own address; None where nothing, or wrong."""
    if not placed.service.lan or placed.source is not Source.CONTAINER:
        return None, ()
    said = {part: settings.variables.get(_key(placed, part), "") for part in _PARTS}
    if not any(said.values()):
        return None, ()
    faults = tuple(_faults(placed, said, host))
    if faults:
        return None, faults
    lan = Lan(
        parent=said[LAN_PARENT],
        subnet=said[LAN_SUBNET],
        gateway=said[LAN_GATEWAY],
        address=said[LAN_IP],
    )
    return lan, ()


def lan_networks(members: Sequence[Member], project: str) -> tuple[Network, ...]:
    """Give each member with an address of its own its network.

    The name changes with what it is made of: a network that exists is not made anew.
    """
    return tuple(
        Network(
            name=f"{project}-lan-{member.service}-{_mark(member.lan)}",
            role=f"{member.service} in your network",
            kind=NetworkKind.LAN,
            internal=False,
            members=(member.unit,),
            subnet=member.lan.subnet,
            gateway=member.lan.gateway,
            driver="macvlan",
            options={"parent": member.lan.parent},
            addresses={member.unit: member.lan.address},
        )
        for member in members
        if member.lan is not None
    )


_PARTS = (LAN_PARENT, LAN_SUBNET, LAN_GATEWAY, LAN_IP)


def _mark(lan: Lan) -> str:
    text = f"{lan.parent} {lan.subnet} {lan.gateway}"
    return blake2b(text.encode(), digest_size=3).hexdigest()


def _faults(placed: Placed, said: dict[str, str], host: Host) -> Iterator[Note]:
    missing = [part for part in _PARTS if not said[part]]
    if missing:
        key = _key(placed, missing[0])
        told = f"`{_key(placed, LAN_PARENT)}` is set" if said[LAN_PARENT] else "a part of it is set"
        text = f"{told}, and `{key}` is not"
        yield _note(placed, text, f"{key}={_proposed(missing[0], said, host)}")
        return
    yield from _parent_faults(placed, said, host)
    yield from _address_faults(placed, said)


def _parent_faults(placed: Placed, said: dict[str, str], host: Host) -> Iterator[Note]:
    """Check the interface; a tagged one (`eth0.50`) is made by Docker on the one before the dot."""
    parent, subnet = said[LAN_PARENT], said[LAN_SUBNET]
    if parent not in host.interfaces and parent.rpartition(".")[0] not in host.interfaces:
        text = f"this host has no interface `{parent}`"
        yield _note(placed, text, f"{_key(placed, LAN_PARENT)}={_likely_parent(host)}")
        return
    stands_in = host.interfaces.get(parent, ())
    if stands_in and subnet not in stands_in:
        text = f"`{parent}` stands in `{stands_in[0]}`, and not in `{subnet}`"
        yield _note(placed, text, f"{_key(placed, LAN_SUBNET)}={stands_in[0]}")


def _address_faults(placed: Placed, said: dict[str, str]) -> Iterator[Note]:
    from ipaddress import IPv4Network, ip_address

    network = IPv4Network(said[LAN_SUBNET])
    first = network.network_address + 1
    ends = {network.network_address, network.broadcast_address}
    for part in (LAN_GATEWAY, LAN_IP):
        address = ip_address(said[part])
        if address not in network or address in ends:
            text = f"`{_key(placed, part)}={said[part]}` is no address of `{network}`"
            better = first if part == LAN_GATEWAY else network.broadcast_address - 5
            yield _note(placed, text, f"{_key(placed, part)}={better}")
    if said[LAN_GATEWAY] == said[LAN_IP]:
        key = _key(placed, LAN_IP)
        text = f"`{key}={said[LAN_IP]}` is the router's address"
        yield _note(placed, text, f"{key}={network.broadcast_address - 5}")


def _proposed(part: str, said: dict[str, str], host: Host) -> str:
    if part == LAN_PARENT:
        return _likely_parent(host)
    subnet = said[LAN_SUBNET] or next(iter(host.interfaces.get(said[LAN_PARENT], ())), "")
    head = (subnet or "192.168.1.0/24").partition("/")[0].rpartition(".")[0]
    return {
        LAN_SUBNET: subnet or "192.168.1.0/24",
        LAN_GATEWAY: f"{head}.1",
        LAN_IP: f"{head}.250",
    }[part]


def _likely_parent(host: Host) -> str:
    """Propose an interface that stands in a network and is none of Docker's."""
    own = ("lo", "docker", "br-", "veth", "virbr", "wg", "tun", "tailscale")
    likely = (name for name, nets in host.interfaces.items() if nets and not name.startswith(own))
    return next(likely, "eth0")


def _note(placed: Placed, text: str, setting: str) -> Note:
    return Note(
        code="macvlan-impossible",
        severity=Severity.ERROR,
        text=f"{placed.name}: {text}",
        service=placed.name,
        hint=f"hearth settings set {setting}",
    )


def _key(placed: Placed, part: str) -> str:
    return variable_name(placed.name, part)
