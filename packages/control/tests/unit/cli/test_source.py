from __future__ import annotations

import pytest
from hearth_control.deploy.applied import load_applied
from hearth_control.engine.events import StepDone
from hearth_control.engine.memory.adapter import MemoryEngine
from hearth_control.engine.memory.behaviour import Behaviour
from hearth_control.engine.observed import State
from hearth_control.engine.reach.said import Said

pytestmark = pytest.mark.unit

START = "# mine\nPRESET=starter\n"
MOVE = ("source", "store", "external", "--url", "http://nas:9000")


@pytest.fixture(autouse=True)
def _set_up(world) -> None:
    world.write_env(START)


def env(world) -> str:
    return (world.home / ".env").read_text()


def test_target_asked_first(hearth, world) -> None:
    said = hearth(*MOVE)
    assert said.code == 0
    assert [(one.protocol, one.host, one.port) for one in world.asked] == [("http", "nas", 9000)]
    assert "http at nas:9000, from this host: HTTP 200 (version 1.2.3)" in said.err


def test_silent_target_refused(hearth, world) -> None:
    world.said = Said("connect", "connection refused: nothing listens there")
    said = hearth(*MOVE)
    assert said.code == 1
    assert said.err == (
        "error: store: not taken from `external`: http at nas:9000, from this host:"
        " connection refused: nothing listens there\n"
        "  perhaps: check the address and port, and the firewall between\n\n"
        "hint: hearth source store external --url http://nas:9000 --force\n"
    )
    assert env(world) == START


def test_force_takes_it(hearth, world) -> None:
    world.said = Said("connect", "no")
    assert hearth(*MOVE, "--force").code == 0
    assert world.asked == []
    assert "STORE_SOURCE=external" in env(world)


def test_own_source_not_asked(hearth, world) -> None:
    assert hearth("source", "store", "embedded").code == 0
    assert world.asked == []


def test_localhost_port_asked(hearth, world) -> None:
    assert hearth("source", "store", "localhost").code == 0
    assert [(one.host, one.port) for one in world.asked] == [("127.0.0.1", 9000)]


def test_apply_brings_up(hearth, world) -> None:
    hearth("up")
    said = hearth(*MOVE, "--apply")
    assert said.code == 0
    assert "STORE_SOURCE=external" in env(world)
    assert [unit.name for unit in world.engine.observe().units if unit.name == "store"] == []


def test_failed_apply_reverts(hearth, world) -> None:
    hearth("source", "store", "external", "--url", "http://nas:9000")
    world.engine = MemoryEngine(behaviours={"store": Behaviour(fails_with=1)})
    assert hearth("up").code == 0
    before = env(world)
    said = hearth("source", "store", "embedded", "--apply")
    assert said.code == 1
    assert "the old source is back" in said.err
    assert env(world) == before


def interrupt(monkeypatch, world, *, times=1) -> None:
    """Let Ctrl-C come after the first thing that a deploy did, and then in the next."""
    real, pressed = world.engine.apply, []

    def apply(plan, artifacts, secrets):
        for event in real(plan, artifacts, secrets):
            yield event
            if isinstance(event, StepDone) and len(pressed) < times:
                pressed.append(event)
                raise KeyboardInterrupt

    monkeypatch.setattr(type(world.engine), "apply", lambda _self, *given: apply(*given))


def test_interrupted_apply_brings_back(hearth, world, monkeypatch) -> None:
    hearth("up")
    assert world.engine.observe().unit("store") is not None
    interrupt(monkeypatch, world)
    said = hearth(*MOVE, "--apply")
    assert said.code == 130
    assert said.err.endswith(
        "error: store: cancelled; the old source is back\n\nhint: hearth status\n"
    )
    assert env(world) == START
    assert {unit.state for unit in world.engine.observe().units} == {State.RUNNING}
    assert world.engine.observe().unit("store") is not None
    assert load_applied(world.home).service("store").source == "embedded"


def test_failed_way_back_is_said(hearth, world, monkeypatch) -> None:
    hearth("up")
    interrupt(monkeypatch, world)
    world.engine.behaviours = {"store": Behaviour(fails_with=1)}
    said = hearth(*MOVE, "--apply")
    assert said.code == 1
    assert "error: store: cancelled; `.env` is as it was, and what ran before" in said.err
    assert said.err.endswith("\n\nhint: hearth status\n")
    assert env(world) == START


def test_cancelled_way_back_is_left_to_the_next_up(hearth, world, monkeypatch) -> None:
    hearth("up")
    interrupt(monkeypatch, world, times=2)
    said = hearth(*MOVE, "--apply")
    assert said.code == 130
    assert said.err.endswith(
        "error: store: cancelled; `.env` is as it was, and the way back to what ran before was"
        " cancelled, too\n\nhint: hearth up\n"
    )
    assert env(world) == START
    assert hearth("up").code == 0
    assert {unit.state for unit in world.engine.observe().units} == {State.RUNNING}
    assert world.engine.observe().unit("store") is not None
