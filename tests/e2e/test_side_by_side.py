"""Two installations on one host must share nothing, and not be in each other's way.

n8n is a placeholder here, its PostgreSQL is real: this proves networks, volumes and names.
"""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from uuid import uuid4

import pytest
from hearth_control.deploy.situation import look, plan_for
from hearth_control.deploy.up import Deploy
from hearth_control.engine.events import StepFailed
from hearth_control.main import LocalWorld
from journey import Installation
from lab.ports import free_base_port
from lab.shell import run

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]

ENV = "ENGINE=compose\nPRESET=none\nN8N_SOURCE=container\n"
KINDS = {"container": ("ls", "--all"), "network": ("ls",), "volume": ("ls",)}


def project_of(installation: Installation) -> str:
    project = json.loads(installation.must("plan", "--json"))["project"]
    assert isinstance(project, str)
    return project


def owned(project: str) -> dict[str, set[str]]:
    """Name what the engine holds of one project: by our label and, all the same, by Compose's."""
    found: dict[str, set[str]] = {}
    for kind, listing in KINDS.items():
        found[kind] = set()
        for label in ("hearth.project", "com.docker.compose.project"):
            wanted = ("--filter", f"label={label}={project}")
            found[kind] |= set(run("docker", kind, *listing, "--quiet", *wanted).split())
    return found


def subnets(networks: set[str]) -> list[ipaddress.IPv4Network]:
    text = run("docker", "network", "inspect", *sorted(networks))
    return [
        ipaddress.IPv4Network(config["Subnet"])
        for network in json.loads(text)
        for config in network["IPAM"]["Config"]
    ]


@pytest.fixture(scope="module")
def pair(
    engine: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Installation]]:
    """Two homes, brought up at the same time."""
    made = []
    for name in ("one", "two"):
        home: Path = tmp_path_factory.mktemp(name)
        (home / ".env").write_text(f"{ENV}BASE_PORT={free_base_port()}\n")
        made.append(Installation(home=home))
    one, two = made
    try:
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda installation: installation.must("up", "--yes"), made))
        yield one, two
    finally:
        for installation in made:
            installation.run("down", "--delete-data", "--yes")


def test_nothing_is_shared(pair: tuple[Installation, Installation]) -> None:
    one, two = (owned(project_of(installation)) for installation in pair)
    for kind in KINDS:
        assert one[kind], kind
        assert two[kind], kind
        assert not one[kind] & two[kind], kind
    nets = subnets(one["network"] | two["network"])
    assert [pair for pair in combinations(nets, 2) if pair[0].overlaps(pair[1])] == []
    secrets = [(each.home / "secrets" / "n8n_encryption_key").read_text() for each in pair]
    assert secrets[0] != secrets[1]


def test_down_of_one_leaves_the_other(pair: tuple[Installation, Installation]) -> None:
    one, two = pair
    first, second = project_of(one), project_of(two)
    before = owned(second)
    started = run("docker", "inspect", "--format", "{{.State.StartedAt}}", *before["container"])
    one.must("down", "--delete-data", "--yes")
    assert owned(first) == {kind: set() for kind in KINDS}
    assert owned(second) == before
    assert (
        run("docker", "inspect", "--format", "{{.State.StartedAt}}", *before["container"])
        == started
    )
    assert json.loads(two.must("status", "--json"))["problems"] == []


def test_subnet_taken_meanwhile_is_planned_again(engine: object, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    env = f"ENGINE=compose\nPRESET=none\nSEARXNG_SOURCE=container\nBASE_PORT={free_base_port()}\n"
    (home / ".env").write_text(env)
    world = LocalWorld(str(home), environment=os.environ)
    situation = look(world)
    deploy = Deploy(world=world, situation=situation, plan=plan_for(world, situation))
    wanted = {network.name: network.subnet for network in deploy.plan.networks}
    taken = next(subnet for subnet in wanted.values() if subnet)
    other = f"hearth-test-{uuid4().hex[:8]}"
    run("docker", "network", "create", "--subnet", taken, other)
    try:
        events = list(deploy.run())
        assert [event for event in events if isinstance(event, StepFailed)] == []
        assert deploy.outcome.is_whole
        own = subnets(owned(deploy.plan.project)["network"])
        assert len(own) == len(wanted)
        assert not any(subnet.overlaps(ipaddress.IPv4Network(taken)) for subnet in own)
        assert subprocess.run(("docker", "network", "inspect", other), check=False).returncode == 0
        assert look(world).observed.unit("searxng") is not None
    finally:
        Installation(home=home).run("down", "--delete-data", "--yes")
        run("docker", "network", "rm", other)
