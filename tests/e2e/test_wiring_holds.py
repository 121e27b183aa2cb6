"""On placeholders, a container must reach what it was wired to, and nothing that it was not.

The whole catalog runs on one real engine, most of it as placeholders: this proves networks and
names, not the services. Every container asks from inside its own network, by address and by name.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from full_preset import FullPreset
from journey import Installation
from lab.absent import leave_out
from lab.ports import free_base_port
from netns import (
    CLOSED,
    OUTSIDE,
    OUTSIDE_HOST,
    OUTSIDE_PORT,
    Address,
    Asked,
    Inside,
    Outside,
    Told,
    ask_all,
    containers,
    outside,
)

pytestmark = [pytest.mark.docker, pytest.mark.timeout(500)]

ELSEWHERE = (OUTSIDE, OUTSIDE_PORT)
STRANGE = f"nobody-{os.getpid()}.example.com"


@dataclass(frozen=True, kw_only=True)
class Running:
    """The whole catalog as it runs, a stranger beside it, and what everybody found out."""

    plan: dict[str, Any]
    inside: dict[str, Inside]
    stranger: dict[str, Inside]
    told: dict[str, Told]
    published: Sequence[Address]
    seconds: float
    heard: dict[str, list[str]]

    @cached_property
    def networks(self) -> dict[str, dict[str, Any]]:
        return {network["name"]: network for network in self.plan["networks"]}

    @property
    def with_egress(self) -> set[str]:
        return {
            unit
            for network in self.networks.values()
            if network["kind"] == "egress"
            for unit in network["members"]
        }

    def reached(self, asker: str, address: Address) -> bool:
        return self.told[asker].tcp[address] == "open"

    def wrong(self) -> dict[str, dict[Address, str]]:
        """Map each asker to addresses that are not as the plan says, and what they are."""
        found: dict[str, dict[Address, str]] = {}
        for asker in self.inside.values():
            for target in self.inside.values():
                for network, host, port in doors(target) if asker is not target else ():
                    said = self.told[asker.unit].tcp[host, port]
                    is_member = network in asker.addresses
                    if said != "open" if is_member else said not in CLOSED:
                        found.setdefault(asker.unit, {})[host, port] = said
        return found


def doors(target: Inside) -> Iterator[tuple[str, str, int]]:
    for network, host in target.addresses.items():
        for port in target.ports:
            yield network, host, port


@pytest.fixture(scope="module")
def running(full: FullPreset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if os.geteuid() != 0 or shutil.which("nsenter") is None:
        leave_out("entering a container's network takes root and nsenter; sudo make e2e")
    home: Path = tmp_path_factory.mktemp("stranger")
    stranger = _installation(home, PRESET="none", QDRANT_SOURCE="container")
    try:
        stranger.must("up", "--yes")
        # Another test may have added to the installation since it came up.
        plan = json.loads(full.installation.must("plan", "--json"))
        other = json.loads(stranger.must("plan", "--json"))["project"]
        with outside() as neighbour:
            yield _find_out(plan, containers(other), neighbour)
    finally:
        stranger.run("down", "--delete-data", "--yes")


def _installation(home: Path, **settings: str) -> Installation:
    said = {"ENGINE": "compose", "BASE_PORT": str(free_base_port()), **settings}
    (home / ".env").write_text("".join(f"{key}={value}\n" for key, value in said.items()))
    return Installation(home=home)


def _find_out(plan: dict[str, Any], stranger: dict[str, Inside], neighbour: Outside) -> Running:
    """Have every container try everything, once."""
    began = time.monotonic()
    inside = containers(plan["project"])
    everybody = [*inside.values(), *stranger.values()]
    addresses = [(host, port) for one in everybody for _net, host, port in doors(one)]
    published = _published(plan)
    asked = Asked(
        tcp=[*addresses, *published, ELSEWHERE],
        names=[*inside, STRANGE],
        udp=[ELSEWHERE],
    )
    told = ask_all({one.pid: asked for one in everybody})
    return Running(
        plan=plan,
        inside=inside,
        stranger=stranger,
        told={
            one.unit if one in inside.values() else "stranger": told[one.pid] for one in everybody
        },
        published=published,
        seconds=time.monotonic() - began,
        heard=neighbour.heard(),
    )


def _published(plan: dict[str, Any]) -> list[Address]:
    """Give every published port at each address that this host has for its containers."""
    gateways = [_first(network["subnet"]) for network in plan["networks"][:2]]
    ports = [port["host_port"] for port in plan["published"] if port["protocol"] == "tcp"]
    return [(host, port) for host in (*gateways, OUTSIDE_HOST) for port in ports]


def _first(subnet: str) -> str:
    head, _, last = subnet.partition("/")[0].rpartition(".")
    return f"{head}.{int(last) + 1}"


def test_every_pair_is_as_planned(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = _still_wrong(running)
    count = len(running.inside)
    with capsys.disabled():
        print(
            f"\n{count * (count - 1)} pairs of {count} containers tried in"
            f" {running.seconds:.0f} s, {sum(map(len, wrong.values()))} wrong"
        )
    assert wrong == {}
    assert count * (count - 1) > 1000
    assert all(told.tcp for told in running.told.values())


def _still_wrong(running: Running) -> dict[str, dict[Address, str]]:
    """Ask again what was not as planned, with more time.

    A busy machine may answer late, and engines before 28 take their rules away for an instant
    whenever anybody makes a network.
    """
    wrong = running.wrong()
    for _ in range(3):
        questions = {
            running.inside[asker].pid: Asked(tcp=list(addresses))
            for asker, addresses in wrong.items()
        }
        again = ask_all(questions, seconds=3)
        for asker in wrong:
            told = again[running.inside[asker].pid].tcp
            running.told[asker] = replace(
                running.told[asker], tcp={**running.told[asker].tcp, **told}
            )
        wrong = running.wrong()
        if not wrong:
            break
    return wrong


def test_every_wire_holds(running: Running) -> None:
    broken = [
        f"{wire['consumer']} → {wire['endpoint']['host']}:{wire['endpoint']['port']}"
        for wire in running.plan["wires"]
        if not any(
            _answers(running, unit, wire["endpoint"]["host"], wire["endpoint"]["port"])
            for unit in _units(running, wire["consumer"])
        )
    ]
    assert running.plan["wires"]
    assert broken == []


def test_gateway_reaches_each_route(running: Running) -> None:
    upstreams = [route["upstream"].split(":") for route in running.plan["gateway"]["routes"]]
    assert upstreams
    assert [
        host for host, port in upstreams if not _answers(running, "caddy", host, int(port))
    ] == []


def test_names_are_known_where_reached(running: Running) -> None:
    wrong = [
        f"{asker.unit} → {target.unit}: {running.told[asker.unit].names[target.unit]}"
        for asker in running.inside.values()
        for target in running.inside.values()
        if asker is not target
        and bool(running.told[asker.unit].names[target.unit])
        != bool(asker.addresses.keys() & target.addresses.keys())
    ]
    assert wrong == []


def test_names_lead_to_what_is_open(running: Running) -> None:
    """Docker answers with the first network that two share, which must carry traffic."""
    wrong = [
        f"{asker.unit} → {name} at {address}:{port}"
        for asker in running.inside.values()
        for name, found in running.told[asker.unit].names.items()
        if name != asker.unit
        for address in found or ()
        for port in running.inside[name].ports
        if not running.reached(asker.unit, (address, port))
    ]
    assert wrong == []


def test_only_egress_leaves(running: Running) -> None:
    """The neighbour would answer any address, so that what it hears is all that got out."""
    pids = {str(one.pid): one.unit for one in running.inside.values()}
    assert {unit for unit in running.inside if running.reached(unit, ELSEWHERE)} == (
        running.with_egress & running.inside.keys()
    )
    assert {pids[word] for word in running.heard["udp"] if word in pids} == (
        running.with_egress & running.inside.keys()
    )
    private = [host for host in running.heard["tcp"] if host.startswith("10.")]
    assert private == []


def test_unknown_names_stay_inside(running: Running) -> None:
    """A name that Docker passes on carries data out; no answer of any kind means it did not."""
    passed_on = {unit for unit in running.inside if running.told[unit].names[STRANGE] is not None}
    assert passed_on <= running.with_egress
    assert passed_on or not _host_resolves()


def test_loopback_ports_stay_on_loopback(running: Running) -> None:
    assert running.published
    opened = [
        f"{asker} → {host}:{port}"
        for asker in running.told
        for host, port in running.published
        if running.reached(asker, (host, port))
    ]
    assert opened == []
    ports = [port["host_port"] for port in running.plan["published"] if port["protocol"] == "tcp"]
    assert [port for port in ports if not _accepts(("127.0.0.1", port))] == []


def test_installations_stay_apart(running: Running) -> None:
    ours = [door[1:] for one in running.inside.values() for door in doors(one)]
    theirs = [door[1:] for one in running.stranger.values() for door in doors(one)]
    assert theirs
    assert [at for at in ours if running.told["stranger"].tcp[at] not in CLOSED] == []
    crossed = [
        (unit, at)
        for unit in running.inside
        for at in theirs
        if running.told[unit].tcp[at] not in CLOSED
    ]
    assert crossed == []


def _units(running: Running, service: str) -> Sequence[str]:
    units = {unit["name"] for unit in running.plan["units"] if unit["service"] == service}
    return sorted(units & running.inside.keys())


def _answers(running: Running, asker: str, name: str, port: int) -> bool:
    found = running.told[asker].names.get(name) or ()
    return any(running.reached(asker, (address, port)) for address in found)


def _accepts(address: Address) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(address) == 0


def _host_resolves() -> bool:
    """Tell whether this host's resolver answers, if only that there is no such name."""
    try:
        socket.getaddrinfo(STRANGE, 80)
    except socket.gaierror as error:
        return error.errno == socket.EAI_NONAME
    return True
