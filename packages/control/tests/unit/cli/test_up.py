from __future__ import annotations

import errno
import json
from dataclasses import replace

import pytest
from hearth_control.catalog.model import Need, Offer
from hearth_control.engine.errors import DeployLockedError
from hearth_control.engine.memory.adapter import MemoryEngine
from hearth_control.engine.memory.behaviour import Behaviour
from hearth_control.engine.observed import State
from invented_world import make_catalog, make_service

pytestmark = pytest.mark.unit


def test_first_up_sets_up(hearth, world) -> None:
    said = hearth("up")
    assert said.code == 0
    assert "First run: setting up" in said.err
    assert (world.home / ".env").read_text().endswith("PRESET=starter\n")
    assert {unit.name for unit in world.engine.observe().units} == {"app", "store"}
    assert "2 services are up" in said.out
    assert "http://127.0.0.1:63042" in said.out


def test_up_says_left_out(hearth) -> None:
    said = hearth("up")
    assert "heavy: left out" in said.out


def test_second_up_does_nothing(hearth, world) -> None:
    hearth("up")
    before = world.engine.observe()
    said = hearth("up")
    assert said.code == 0
    assert "Nothing to do: 2 services run as planned" in said.out
    assert world.engine.observe() == before


def test_up_makes_secrets_once(hearth, world) -> None:
    hearth("up")
    key = (world.home / "secrets" / "store_key").read_text()
    hearth("up")
    assert (world.home / "secrets" / "store_key").read_text() == key


def test_up_holds_lock(hearth, world) -> None:
    hearth("up")
    assert world.locks == ["held", "let go"]


def test_locked_up_refused(hearth, world) -> None:
    world.lock_error = DeployLockedError("home: another deploy runs", hint="hearth status")
    said = hearth("up", "--json")
    assert said.code == 11
    assert said.error["code"] == "deploy-locked"
    assert world.engine.observe().units == ()


def test_up_json_lines(hearth) -> None:
    events = [json.loads(line) for line in hearth("up", "--json").out.splitlines()]
    assert {"event": "started", "target": "app"}.items() <= next(
        event.items() for event in events if event.get("target") == "app"
    )
    assert events[-1]["event"] == "result"
    assert [service["name"] for service in events[-1]["up"]] == ["store", "app"]
    assert events[-1]["new_secrets"] == ["store_key"]


def test_dry_run_changes_nothing(hearth, world) -> None:
    said = hearth("up", "--dry-run")
    assert said.code == 0
    assert "create" in said.out
    assert not world.home.exists()


def test_up_of_some(hearth, world) -> None:
    said = hearth("up", "store")
    assert said.code == 0
    assert [unit.name for unit in world.engine.observe().units] == ["store"]


def test_up_starts_needs(hearth, world) -> None:
    hearth("up", "app")
    assert {unit.name for unit in world.engine.observe().units} == {"app", "store"}


def test_unknown_service_named(hearth) -> None:
    said = hearth("up", "stoer")
    assert said.code == 2
    assert said.err == (
        "error: stoer: there is no service with this name\n\nhint: hearth up store\n"
    )


def test_service_off_named(hearth) -> None:
    said = hearth("up", "notes")
    assert said.err == "error: notes: this service is not on\n\nhint: hearth enable notes\n"


def test_failure_explained(hearth, world) -> None:
    world.engine = MemoryEngine(
        behaviours={"app": Behaviour(says=("no such table: users",), fails_with=7)}
    )
    said = hearth("up")
    assert said.code == 3
    assert "app did not come up" in said.out
    assert "│ no such table: users" in said.out
    assert "1 of 2 services are up" in said.out
    assert "error: up: `app` did not come up" in said.err


def test_whole_failure_fails(hearth, world) -> None:
    world.engine = MemoryEngine(behaviours={"store": Behaviour(fails_with=1)})
    said = hearth("up")
    assert said.code == 1
    assert "nothing came up: `store`, `app` failed" in said.err


def test_failed_up_goes_on(hearth, world) -> None:
    world.engine.behaviours = {"app": Behaviour(fails_with=7)}
    hearth("up")
    world.engine.behaviours = {}
    said = hearth("up")
    assert said.code == 0
    unit = world.engine.observe().unit("app")
    assert unit is not None
    assert unit.state is State.RUNNING


def test_plan_errors_refuse(hearth, world) -> None:
    world.write_env("PRESET=starter\nHEAVY_SOURCE=container\n")
    said = hearth("up")
    assert said.code == 1
    assert said.err == (
        "error: heavy: runs as a container, and no Docker is used\n\n"
        "hint: hearth settings set ENGINE=compose\n"
    )
    assert world.engine.observe().units == ()


def test_taken_port_named(hearth, world) -> None:
    world.host = replace(world.host, listening={63042: "nginx (pid 812)"})
    said = hearth("up")
    assert said.code == 1
    assert "63042" in said.err
    assert "nginx (pid 812)" in said.err
    assert "hint: hearth settings set" in said.err


def test_need_cycle_named(hearth, world) -> None:
    catalog = make_catalog()
    first = make_service("first", needs={"b": Need()}, offers={"a": Offer(url="http://first:1")})
    second = make_service("second", needs={"a": Need()}, offers={"b": Offer(url="http://second:1")})
    world.catalog = replace(
        catalog, services={**catalog.services, "first": first, "second": second}
    )
    world.write_env("FIRST_SOURCE=embedded\n")
    said = hearth("up")
    assert said.code == 1
    assert "first → second → first" in said.err


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "disk-full"), (errno.EACCES, "home-not-writable")]
)
def test_unwritable_home_named(hearth, world, monkeypatch, number, code) -> None:
    def refuse(_path: object, _text: object, *, mode: int = 0) -> None:
        raise OSError(number, "no", str(world.home / ".env"))

    monkeypatch.setattr("hearth_control.deploy.setup.write_atomic", refuse)
    said = hearth("up", "--json")
    assert said.code == 1
    assert said.error["code"] == code
    assert world.engine.observe().units == ()
    assert not (world.home / "secrets").exists()


def test_home_is_file(hearth, world) -> None:
    world.home.write_text("in the way")
    said = hearth("up", "--json")
    assert said.code == 1
    assert said.error["message"].startswith(f"{world.home}: ")
    assert said.error["hint"]


def test_carriage_returns_kept(hearth, world) -> None:
    world.write_env("# mine\r\nPRESET=starter\r\nBASE_PORT=64000\r\n")
    assert "http://127.0.0.1:64042" in hearth("up").out
    hearth("enable", "notes")
    assert (world.home / ".env").read_bytes() == (
        b"# mine\r\nPRESET=starter\r\nBASE_PORT=64000\r\nNOTES_SOURCE=embedded\r\n"
    )


def test_interrupt_says_state(hearth, world, monkeypatch) -> None:
    monkeypatch.setattr(
        "hearth_control.cli.display.Lines.show",
        lambda _self, _event: (_ for _ in ()).throw(KeyboardInterrupt),
    )
    said = hearth("up")
    assert said.code == 130
    assert "up: cancelled after 0 of" in said.err
    assert "hint: hearth up" in said.err
    assert world.locks == ["held", "let go"]


def test_left_out_said_once(hearth, world) -> None:
    world.catalog = replace(
        world.catalog,
        services={**world.catalog.services, "huge": make_service("huge", embedded=None)},
        presets={
            "starter": replace(world.catalog.presets["starter"], services=("app", "heavy", "huge"))
        },
    )
    said = hearth("up")
    text = " ".join(said.out.split())
    assert (
        "left out, as they run as containers and no Docker is used: heavy, huge "
        "→ hearth settings set ENGINE=compose" in text
    )
