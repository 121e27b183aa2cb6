from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.engine.compose.observe import unit_of
from hearth_control.engine.compose.own_check import Passed, check_argv, is_slow
from hearth_control.engine.observed import Health

pytestmark = pytest.mark.unit

BEGAN = "2026-11-21T03:49:47.483496171Z"


@pytest.mark.parametrize(
    ("config", "argv"),
    [
        ({"Healthcheck": {"Test": ["CMD", "pg_isready", "-q"]}}, ("pg_isready", "-q")),
        ({"Healthcheck": {"Test": ["CMD-SHELL", "a | b"]}}, ("/bin/sh", "-c", "a | b")),
        (
            {"Healthcheck": {"Test": ["CMD-SHELL", "a"]}, "Shell": ["/bin/bash", "-ec"]},
            ("/bin/bash", "-ec", "a"),
        ),
        ({"Healthcheck": {"Test": ["NONE"]}}, ()),
        ({"Healthcheck": {}}, ()),
        ({"Healthcheck": None}, ()),
        ({}, ()),
    ],
)
def test_check_becomes_a_command(config: dict[str, object], argv: tuple[str, ...]) -> None:
    assert check_argv(config) == argv


@pytest.mark.parametrize(
    ("interval", "slow"), [(None, True), (0, True), (15_000_000_000, True), (1_000_000_000, False)]
)
def test_only_slow_checks_are_run_early(interval: int | None, slow: bool) -> None:
    assert is_slow({"Healthcheck": {"Interval": interval}}) is slow


def found(began: str) -> dict[str, object]:
    health = {"Status": "starting"}
    state = {"Status": "running", "Running": True, "StartedAt": began, "Health": health}
    return {"Id": "c1", "Name": "/x", "Config": {"Labels": {}}, "State": state}


def test_passed_check_is_seen_as_healthy(tmp_path: Path) -> None:
    passed = Passed(tmp_path / "cache" / "passed.json")
    assert passed.load() == {}
    passed.save([found(BEGAN)])
    assert unit_of(found(BEGAN), passed=passed.load()).health is Health.HEALTHY


def test_passed_check_ends_with_a_restart(tmp_path: Path) -> None:
    passed = Passed(tmp_path / "passed.json")
    passed.save([found(BEGAN)])
    later = found("2026-11-21T04:00:00Z")
    assert unit_of(later, passed=passed.load()).health is Health.STARTING


def test_torn_memory_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "passed.json").write_text("{")
    assert Passed(tmp_path / "passed.json").load() == {}
