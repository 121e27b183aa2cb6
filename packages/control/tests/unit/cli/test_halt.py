from __future__ import annotations

import json

import pytest
from hearth_control.engine.observed import State

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("verb", ["stop", "restart", "down", "logs", "status", "open"])
def test_needs_set_up(verb, hearth) -> None:
    said = hearth(verb)
    assert said.code == 10
    assert "hint: hearth init" in said.err


@pytest.mark.parametrize("verb", ["stop", "restart", "logs", "status", "open"])
def test_needs_up(verb, hearth, world) -> None:
    world.write_env("PRESET=starter\n")
    said = hearth(verb)
    assert said.code == 1
    assert said.err == (
        f"error: {world.home}: nothing was brought up from here yet\n\nhint: hearth up\n"
    )


def test_stop_keeps_units(hearth, world) -> None:
    hearth("up")
    said = hearth("stop")
    assert said.code == 0
    assert "stopped" in said.out
    assert {unit.state for unit in world.engine.observe().units} == {State.STOPPED}


def test_stop_one(hearth, world) -> None:
    hearth("up")
    hearth("stop", "app")
    states = {unit.name: unit.state for unit in world.engine.observe().units}
    assert states == {"app": State.STOPPED, "store": State.RUNNING}


def test_stop_consumers_first(hearth) -> None:
    hearth("up")
    events = [json.loads(line) for line in hearth("stop", "--json").out.splitlines()]
    assert events[-1] == {"event": "result", "done": ["app", "store"], "failed": []}


def test_up_after_stop(hearth, world) -> None:
    hearth("up")
    hearth("stop")
    assert hearth("up").code == 0
    assert {unit.state for unit in world.engine.observe().units} == {State.RUNNING}


def test_restart_starts_anew(hearth, world) -> None:
    hearth("up")
    said = hearth("restart", "app")
    assert said.code == 0
    assert {unit.state for unit in world.engine.observe().units} == {State.RUNNING}


def test_down_keeps_data(hearth, world) -> None:
    world.engine.volumes["store-data"] = {}
    hearth("up")
    said = hearth("down")
    assert said.code == 0
    assert world.engine.observe().units == ()
    assert "store-data" in world.engine.volumes
    assert "data kept: store-data" in said.err
    assert str(world.home) in said.err


def test_down_asks_first(hearth, world) -> None:
    world.engine.volumes["store-data"] = {}
    hearth("up")
    world.engine.volumes["app-data"] = {}
    world.sizes = {"app-data": 512, "store-data": 3 * 1024**3}
    said = hearth("down", "--delete-data")
    assert said.code == 2
    assert "  destroys app-data with 512 B\n  destroys store-data with 3 GB\n" in said.err
    assert "  2 volumes, 3.0 GB in all\n" in said.err
    assert said.err.endswith("hint: hearth down --delete-data --yes\n")
    assert world.engine.observe().units
    assert "store-data" in world.engine.volumes


def test_untold_size_is_no_hindrance(hearth, world) -> None:
    world.engine.volumes["store-data"] = {}
    world.sizes = None
    hearth("up")
    said = hearth("down", "--volume", "store-data")
    assert "destroys store-data and everything in it" in said.err
    assert said.err.endswith("hint: hearth down --volume store-data --yes\n")
    assert "store-data" in world.engine.volumes


def test_down_yes_destroys(hearth, world) -> None:
    world.engine.volumes |= {"store-data": {}, "app-data": {}}
    hearth("up")
    assert hearth("down", "--yes", "--volume", "store-data").code == 0
    assert list(world.engine.volumes) == ["app-data"]


def test_unknown_volume_named(hearth, world) -> None:
    world.engine.volumes["store-data"] = {}
    hearth("up")
    said = hearth("down", "--volume", "stor-data")
    assert said.err == (
        "error: stor-data: this installation has no volume with this name\n\n"
        "hint: hearth down --volume store-data\n"
    )


def test_logs_in_order(hearth) -> None:
    hearth("up")
    said = hearth("logs")
    assert said.out == "store  store is here\napp    app is here\n"


def test_logs_of_one(hearth) -> None:
    hearth("up")
    assert hearth("logs", "app").out == "app is here\n"


def test_logs_json(hearth) -> None:
    hearth("up")
    line = json.loads(hearth("logs", "app", "--json").out)
    assert (line["unit"], line["text"], line["stream"]) == ("app", "app is here", "stdout")


def test_logs_unknown_service(hearth) -> None:
    hearth("up")
    assert "hint: hearth logs app" in hearth("logs", "ap").err
