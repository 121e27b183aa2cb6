"""`hearth audit` as a person and as a pipeline calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from invented_world import InventedWorld

pytestmark = pytest.mark.unit


def test_quiet_on_loopback(hearth: Callable[..., Any], world: InventedWorld) -> None:
    world.write_env("PRESET=starter\n")
    said = hearth("audit", "--strict")
    assert said.code == 0
    assert "reached from this machine" in said.out
    assert "Nothing is open that need not be" in said.out


def test_strict_fails_on_open_bind(hearth: Callable[..., Any], world: InventedWorld) -> None:
    world.write_env("PRESET=starter\nBIND=0.0.0.0\n")
    assert hearth("audit").code == 0
    said = hearth("audit", "--strict")
    assert said.code == 1
    assert "reached from your network" in said.out
    assert "hearth settings set BIND=127.0.0.1" in said.out


def test_json_is_whole(hearth: Callable[..., Any], world: InventedWorld) -> None:
    world.write_env("PRESET=starter\nBIND=0.0.0.0\n")
    said = hearth("audit", "--strict", "--json")
    assert said.code == 1
    assert set(said.json) == {"exposures", "egress", "powers", "writable", "findings"}
    assert {each["reach"] for each in said.json["exposures"]} == {"your network"}
    assert said.json["findings"][0]["code"] == "port-unguarded"
