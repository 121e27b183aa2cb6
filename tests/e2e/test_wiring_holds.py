"""On placeholders, a container must reach what it was wired to, and nothing that it was not.

The whole catalog runs on one real engine, most of it as placeholders: this proves networks and
names, not the services.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from full_preset import FullPreset

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

_CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)"
# Placeholders carry a `nc` that gives up after 3 s; the gateway's is busybox's; ours has Python.
_ASK = {
    "caddy": ("nc", "-w", "3"),
    "lambda-server": ("python", "-c", _CONNECT),
    "lambda-worker": ("python", "-c", _CONNECT),
}
ASKERS = ("caddy", "n8n", "open-webui", "searxng", "lambda-server", "lambda-worker")
PORTS = {"postgres": 5432, "redis": 6379, "qdrant": 6333, "ollama": 11434, "n8n": 5678}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The whole catalog as it runs."""

    plan: Mapping[str, Any]

    def container(self, unit: str) -> str:
        return f"{self.plan['project']}-{unit}-1"

    def reaches(self, asker: str, host: str, port: int) -> bool:
        ask = _ASK.get(asker, ("nc", "-z"))
        argv = ("docker", "exec", self.container(asker), *ask, host, str(port))
        return subprocess.run(argv, capture_output=True, check=False, timeout=30).returncode == 0

    def addresses(self, unit: str) -> list[str]:
        text = subprocess.run(
            ("docker", "inspect", self.container(unit)), capture_output=True, text=True, check=True
        ).stdout
        networks = json.loads(text)[0]["NetworkSettings"]["Networks"]
        return [found["IPAddress"] for found in networks.values()]


@pytest.fixture(scope="module")
def running(full: FullPreset) -> Running:
    return Running(plan=full.plan)


def test_every_wire_holds(running: Running) -> None:
    wires = {
        (wire["consumer"], wire["endpoint"]["host"], wire["endpoint"]["port"])
        for wire in running.plan["wires"]
        if wire["consumer"] in ASKERS
    }
    assert ("open-webui", "ollama", 11434) in wires
    with ThreadPoolExecutor(max_workers=8) as pool:
        reached = dict(
            zip(wires, pool.map(lambda wire: running.reaches(*wire), wires), strict=True)
        )
    assert [wire for wire, holds in sorted(reached.items()) if not holds] == []


def test_gateway_reaches_each_route(running: Running) -> None:
    upstreams = [route["upstream"].split(":") for route in running.plan["gateway"]["routes"]]
    assert upstreams
    assert [host for host, port in upstreams if not running.reaches("caddy", host, int(port))] == []


def test_unwired_stay_apart(running: Running) -> None:
    apart = [
        (asker, address, port)
        for asker in ASKERS
        for target, port in PORTS.items()
        if asker != target and not _is_wired(running, asker, target)
        for address in running.addresses(target)
    ]
    assert any(asker == "searxng" for asker, _, _ in apart)
    with ThreadPoolExecutor(max_workers=16) as pool:
        reached = list(pool.map(lambda pair: running.reaches(*pair), apart))
    assert [pair for pair, is_reached in zip(apart, reached, strict=True) if is_reached] == []


def _is_wired(running: Running, asker: str, target: str) -> bool:
    """Tell whether the plan lets one reach the other: a shared network that carries traffic."""
    no_traffic = "com.docker.network.bridge.enable_icc"
    return any(
        {asker, target} <= set(network["members"]) and network["options"].get(no_traffic) != "false"
        for network in running.plan["networks"]
    )
