from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from click import unstyle
from hearth_control.cli.status_words import status_lines
from hearth_control.deploy.applied import Applied, AppliedService
from hearth_control.deploy.status import report
from hearth_control.engine.memory.behaviour import Behaviour
from hearth_control.engine.observed import Observed, ObservedUnit, State

pytestmark = pytest.mark.unit


def test_status_of_whole(hearth, world) -> None:
    hearth("up")
    world.clock.advance(timedelta(minutes=2))
    said = hearth("status")
    assert said.code == 0
    assert said.out == (
        "● all 2 services run on the embedded engine, project "
        f"{world.load_settings(flags={}).project}\n"
        "\n"
        "  SERVICE  STATE    SINCE  URL\n"
        "● store    healthy  2 min\n"
        "● app      healthy  2 min  http://127.0.0.1:63042\n"
    )


def test_status_of_stopped_part(hearth) -> None:
    hearth("up")
    hearth("stop", "app")
    said = hearth("status")
    assert said.code == 3
    assert "1 of 2 services run" in said.out
    assert "✗ app: it is stopped\n  → hearth up app\n" in said.out


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ((State.RUNNING,) * 3, "running, 3 of 3"),
        ((State.RUNNING, State.STOPPED, State.RUNNING), "stopped, 2 of 3"),
        ((State.RUNNING,), "running"),
    ],
)
def test_replicas_are_counted(states, said, output) -> None:
    units = tuple(
        ObservedUnit(name="app", service="app", state=state, replica=number)
        for number, state in enumerate(states, start=1)
    )
    app = AppliedService(
        name="app", title="App", stack="03-apps", source="container", cause="a test", units=("app",)
    )
    applied = Applied(
        project="p", engine="compose", why_engine="", at="", settings_digest="", services=(app,)
    )
    found = report(applied, Observed(engine="compose", units=units))
    now = datetime(2026, 11, 21, tzinfo=UTC)
    lines = status_lines(found, applied, output, now=now, settings_changed=False)
    assert unstyle(lines[3]).split("  ", 1)[1].strip() == said


def test_status_of_nothing(hearth) -> None:
    hearth("up")
    hearth("stop")
    said = hearth("status")
    assert said.code == 1
    assert "nothing runs" in said.out
    assert "✗ store, app: it is stopped\n  → hearth up\n" in said.out


def test_status_of_failed(hearth, world) -> None:
    world.engine.behaviours = {"app": Behaviour(fails_with=7)}
    hearth("up")
    said = hearth("status")
    assert said.code == 3
    assert "✗ app: it ended with exit code 7\n  → hearth logs app\n" in said.out


def test_status_json(hearth, world) -> None:
    hearth("up")
    found = hearth("status", "--json").json
    assert found["state"] == "running"
    assert found["home"] == str(world.home)
    assert [service["name"] for service in found["services"]] == ["store", "app"]
    assert found["services"][1]["url"] == "http://127.0.0.1:63042"
    assert found["problems"] == []


def test_changed_settings_shown(hearth) -> None:
    hearth("up")
    hearth("enable", "notes")
    said = hearth("status")
    assert "! the settings changed since the last `up`\n  → hearth plan\n" in said.out


def test_up_again_settles(hearth) -> None:
    hearth("up")
    hearth("settings", "set", "TZ", "Europe/Berlin")
    hearth("up")
    assert not hearth("status", "--json").json["settings_changed"]


def test_lost_record_rebuilt(hearth, world) -> None:
    hearth("up")
    (world.home / "applied.json").write_text("{half")
    assert hearth("status").code == 1
    hearth("up")
    assert hearth("status").code == 0
