"""Networks must fit the machine they are on: what it routes, what others made, the person's LAN.

Home Assistant is a placeholder here: this proves addresses, not the program.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from journey import Installation
from lab.absent import leave_out
from lab.ports import free_base_port
from lab.shell import run
from netns import Asked, ask_all, containers

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

ROUTED = "10.213.0.0/16"
"""Where subnets are taken first, so that a route there has to move them."""
CROWD = [f"172.30.0.{start}/29" for start in range(0, 256, 8)] + [
    f"172.30.1.{start}/29" for start in range(0, 64, 8)
]
_CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"


def ip(*arguments: str) -> None:
    run("ip", *arguments)


@contextmanager
def wire(address: str) -> Iterator[tuple[str, str]]:
    """Have an interface of this host with an address, and a network at its other end.

    Gives the interface and the namespace of the one device that stands there, `device` inside.
    """
    if os.geteuid() != 0:
        leave_out("making an interface takes root; sudo make e2e")
    name = f"lan{uuid4().hex[:8]}"
    ip("netns", "add", name)
    try:
        ip("link", "add", name, "type", "veth", "peer", "name", "device", "netns", name)
        ip("addr", "add", address, "dev", name)
        ip("link", "set", name, "up")
        ip("-n", name, "link", "set", "device", "up")
        yield name, name
    finally:
        ip("netns", "delete", name)


@contextmanager
def vpn() -> Iterator[str]:
    """Have an interface that all of 10/8 leads to, but for the host's own resolvers there."""
    words = Path("/etc/resolv.conf").read_text().split()
    resolvers = {to for word, to in pairwise(words) if word == "nameserver" and to[:3] == "10."}
    kept = [f"{to}/32" for to in sorted(resolvers) if " via " in run("ip", "route", "get", to)]
    out = run("ip", "route", "show", "default").splitlines()[0].split()[1:5] if kept else []
    for to in kept:
        ip("route", "add", to, *out)
    try:
        with wire("10.254.254.1/8") as (device, _):
            yield device
    finally:
        for to in kept:
            ip("route", "delete", to)


@contextmanager
def installation(home: Path, **said: str) -> Iterator[Installation]:
    settings = {"ENGINE": "compose", "PRESET": "none", "BASE_PORT": str(free_base_port()), **said}
    (home / ".env").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    made = Installation(home=home)
    try:
        yield made
    finally:
        made.run("down", "--delete-data", "--yes")


def planned(made: Installation) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(made.must("plan", "--json"))
    return plan


def held(plan: dict[str, Any]) -> list[ipaddress.IPv4Network]:
    """Give the subnets that the engine gave an installation's networks: those that were planned."""
    networks = {network["name"]: network["subnet"] for network in plan["networks"]}
    found = json.loads(run("docker", "network", "inspect", *networks))
    assert {one["Name"]: one["IPAM"]["Config"][0]["Subnet"] for one in found} == networks
    return [ipaddress.IPv4Network(subnet) for subnet in networks.values()]


@pytest.fixture
def crowd() -> Iterator[list[str]]:
    """Forty networks that somebody else made, where subnets would be taken next."""
    names = [f"crowd-{uuid4().hex[:12]}" for _ in CROWD]
    made: list[str] = []
    try:
        for name, subnet in zip(names, CROWD, strict=True):
            run("docker", "network", "create", "--internal", "--subnet", subnet, name)
            made.append(name)
        yield made
    finally:
        for name in made:
            run("docker", "network", "rm", name)


def test_subnets_go_around_what_is_there(tmp_path: Path, crowd: list[str]) -> None:
    with wire("10.213.0.1/16"), installation(tmp_path, QDRANT_SOURCE="container") as made:
        made.must("up", "--yes")
        ours = held(planned(made))
    assert len(crowd) == 40
    taken = [ipaddress.ip_network(each) for each in (ROUTED, *CROWD)]
    assert ours
    assert [one for one in ours if any(one.overlaps(other) for other in taken)] == []


def test_vpn_over_ten_keeps_its_addresses(tmp_path: Path) -> None:
    """Many a VPN takes all of 10/8 by one route, and there subnets would be taken first."""
    with vpn() as device, installation(tmp_path, QDRANT_SOURCE="container") as made:
        made.must("up", "--yes")
        plan = planned(made)
        ours = held(plan)
        way = run("ip", "route", "get", "10.200.0.1")
        inside = containers(plan["project"])["qdrant"]
        (address,) = inside.addresses.values()
        socket.create_connection((address, inside.ports[0]), timeout=10).close()
    assert ours
    assert [one for one in ours if one.overlaps(ipaddress.ip_network("10.0.0.0/8"))] == []
    assert f" dev {device} " in way


def test_range_over_a_route_is_refused(tmp_path: Path) -> None:
    said = {"QDRANT_SOURCE": "container", "NETWORK_RANGE": "192.168.77.0/24"}
    with wire("192.168.77.1/25"), installation(tmp_path, **said) as made:
        refused = made.run("up", "--yes")
    assert refused.returncode == 1
    assert (
        "NETWORK_RANGE: `192.168.77.0/24` overlaps `192.168.77.0/25`, where this host"
        " reaches others"
    ) in refused.stderr.replace("\n    ", " ")


def test_home_assistant_is_a_neighbour_of_devices(tmp_path: Path) -> None:
    """A device of the LAN and the container reach each other, as both are on the wire."""
    with wire("192.168.77.1/24") as (parent, device):
        ip("-n", device, "addr", "add", "192.168.77.20/24", "dev", "device")
        said = {
            "HOME_ASSISTANT_SOURCE": "container",
            "HOME_ASSISTANT_MACVLAN_PARENT": parent,
            "HOME_ASSISTANT_MACVLAN_SUBNET": "192.168.77.0/24",
            "HOME_ASSISTANT_MACVLAN_GATEWAY": "192.168.77.1",
            "HOME_ASSISTANT_MACVLAN_IP": "192.168.77.250",
        }
        with installation(tmp_path, **said) as made:
            made.must("up", "--yes")
            inside = containers(planned(made)["project"])["home-assistant"]
            asking = (sys.executable, "-I", "-c", _CONNECT, "192.168.77.250", "8123")
            asked = subprocess.run(
                ("ip", "netns", "exec", device, *asking), capture_output=True, check=False
            )
            back = ask_all({inside.pid: Asked(tcp=[("192.168.77.20", 9)])})[inside.pid]
    assert "192.168.77.250" in inside.addresses.values()
    assert asked.returncode == 0, asked.stderr.decode()
    # Nobody listens there, and it says so itself: the device was reached.
    assert back.tcp["192.168.77.20", 9] == "econnrefused"


def test_missing_parent_is_refused(tmp_path: Path) -> None:
    said = {
        "HOME_ASSISTANT_SOURCE": "container",
        "HOME_ASSISTANT_MACVLAN_PARENT": "nowhere0",
        "HOME_ASSISTANT_MACVLAN_SUBNET": "192.168.77.0/24",
        "HOME_ASSISTANT_MACVLAN_GATEWAY": "192.168.77.1",
        "HOME_ASSISTANT_MACVLAN_IP": "192.168.77.250",
    }
    with installation(tmp_path, **said) as made:
        refused = made.run("up", "--yes")
    assert refused.returncode == 1
    assert "home-assistant: this host has no interface `nowhere0`" in refused.stderr
