from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hearth_control.engine.compose.observe import parse_time, unit_of
from hearth_control.engine.observed import Health, State

pytestmark = pytest.mark.unit


def found(state: dict[str, Any], *, restart: str = "", job: str = "false") -> dict[str, Any]:
    return {
        "Id": "c1",
        "Name": "/hearth-n8n-2",
        "RestartCount": 1,
        "Config": {
            "Image": "n8nio/n8n:2",
            "Labels": {
                "hearth.unit": "n8n",
                "hearth.service": "n8n",
                "hearth.hash": "h1",
                "hearth.job": job,
                "com.docker.compose.container-number": "2",
            },
        },
        "HostConfig": {"RestartPolicy": {"Name": restart}},
        "State": state,
    }


def exited(code: int, **more: Any) -> dict[str, Any]:
    started = "2026-11-21T03:49:47.483496171Z"
    return {"Status": "exited", "Running": False, "ExitCode": code, "StartedAt": started, **more}


def test_running_unit_is_whole() -> None:
    state = {
        "Status": "running",
        "Running": True,
        "Pid": 77,
        "ExitCode": 0,
        "StartedAt": "2026-11-21T03:49:47.483496171Z",
        "Health": {"Status": "healthy"},
    }
    unit = unit_of(found(state))
    assert (unit.name, unit.service, unit.hash, unit.replica) == ("n8n", "n8n", "h1", 2)
    assert (unit.state, unit.health, unit.exit_code) == (State.RUNNING, Health.HEALTHY, None)
    assert (unit.pid, unit.restarts, unit.id) == (77, 1, "c1")
    assert unit.started_at == datetime(2026, 11, 21, 3, 49, 47, 483496, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("created", State.STOPPED),
        ("paused", State.STOPPED),
        ("restarting", State.RESTARTING),
        ("dead", State.EXITED),
    ],
)
def test_status_gives_state(status: str, state: State) -> None:
    assert unit_of(found({"Status": status})).state is state


@pytest.mark.parametrize(
    ("code", "restart", "more", "state"),
    [
        pytest.param(0, "unless-stopped", {}, State.STOPPED, id="by a person, policy"),
        pytest.param(1, "unless-stopped", {}, State.STOPPED, id="code of a stop, policy"),
        pytest.param(143, "no", {}, State.STOPPED, id="by a person, no policy"),
        pytest.param(1, "no", {}, State.EXITED, id="by itself"),
        pytest.param(137, "no", {"OOMKilled": True}, State.EXITED, id="by the kernel"),
    ],
)
def test_ended_unit_says_how(code: int, restart: str, more: dict[str, Any], state: State) -> None:
    unit = unit_of(found(exited(code, **more), restart=restart))
    assert (unit.state, unit.exit_code) == (state, code)
    assert unit.health is Health.NONE


def test_ended_job_is_exited() -> None:
    unit = unit_of(found(exited(0), restart="no", job="true"))
    assert (unit.job, unit.state, unit.exit_code) == (True, State.EXITED, 0)


def test_created_unit_has_no_code() -> None:
    state = {"Status": "created", "ExitCode": 0, "StartedAt": "0001-01-01T00:00:00Z"}
    unit = unit_of(found(state))
    assert (unit.exit_code, unit.started_at) == (None, None)


def test_short_fraction_is_read() -> None:
    assert parse_time("2026-11-21T03:49:47.5Z") == datetime(
        2026, 11, 21, 3, 49, 47, 500000, tzinfo=UTC
    )
    assert parse_time("2026-11-21T03:49:47Z") == datetime(2026, 11, 21, 3, 49, 47, tzinfo=UTC)
    assert parse_time("") is None


def test_held_ports_are_read() -> None:
    bound = {
        "5678/tcp": [
            {"HostIp": "127.0.0.1", "HostPort": "63042"},
            {"HostIp": "::1", "HostPort": "63042"},
        ],
        "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "63053"}],
        "80/tcp": None,
    }
    running = {"Status": "running", "Running": True}
    seen = {**found(running), "NetworkSettings": {"Ports": bound}}
    assert unit_of(seen).ports == (63042,)
    assert unit_of({**seen, "State": exited(1)}).ports == ()
