from __future__ import annotations

from typing import Any

import pytest
from hearth_control.engine.compose.readiness import (
    MAX_CRASHES,
    NANOSECONDS,
    Asked,
    Failed,
    Pending,
    Ready,
    joined,
    judge,
    patience_seconds,
)
from hearth_control.plan.model import ContainerUnit

pytestmark = pytest.mark.unit


def unit(*, job: bool = False, start_seconds: int = 60) -> ContainerUnit:
    return ContainerUnit(
        name="n8n",
        service="n8n",
        spec={},
        hash="h",
        image="i",
        job=job,
        start_seconds=start_seconds,
    )


def running(*, health: str = "", output: str = "", restarts: int = 0) -> dict[str, Any]:
    state: dict[str, Any] = {"Status": "running", "Running": True, "ExitCode": 0}
    if health:
        log = [{"Output": output, "ExitCode": 1}] if output else []
        state["Health"] = {"Status": health, "Log": log}
    return {"State": state, "RestartCount": restarts, "Config": {}}


def ended(code: int, **more: Any) -> dict[str, Any]:
    return {"State": {"Running": False, "ExitCode": code, **more}, "Config": {}}


def test_healthy_is_ready() -> None:
    assert judge(unit(), running(health="healthy"), Asked(elapsed=0)) == Ready()


def test_starting_says_what_the_probe_said() -> None:
    verdict = judge(
        unit(),
        running(health="starting", output="Traceback:\n  connection  refused\n"),
        Asked(elapsed=1),
    )
    assert verdict == Pending(why="health: starting (probe said: connection refused)")


def test_own_check_counts_before_the_engines() -> None:
    asked = Asked(elapsed=1, check="")
    assert judge(unit(), running(health="starting"), asked) == Ready()
    refused = Asked(elapsed=1, check="trace\nconnection refused")
    assert judge(unit(), running(health="starting"), refused) == Pending(
        why="health: starting (probe said: connection refused)"
    )


def test_engines_bad_word_outweighs_own_check() -> None:
    asked = Asked(elapsed=1, check="")
    assert isinstance(judge(unit(), running(health="unhealthy"), asked), Pending)


def test_unhealthy_may_recover_in_time() -> None:
    assert judge(unit(), running(health="unhealthy"), Asked(elapsed=59)) == Pending(
        why="health: unhealthy"
    )
    assert judge(unit(), running(health="unhealthy"), Asked(elapsed=61)) == Failed(
        summary="n8n: not ready after 60 s, health: unhealthy"
    )


def test_start_period_is_respected() -> None:
    found = running(health="starting")
    found["Config"]["Healthcheck"] = {
        "StartPeriod": 90 * NANOSECONDS,
        "Interval": 10 * NANOSECONDS,
        "Timeout": 5 * NANOSECONDS,
    }
    assert patience_seconds(unit(), found) == 105
    assert isinstance(judge(unit(), found, Asked(elapsed=100)), Pending)


def test_unchecked_unit_must_settle() -> None:
    assert judge(unit(), running(), Asked(elapsed=0.2, up=0.2)) == Pending(why="running")
    assert judge(unit(), running(), Asked(elapsed=0.6, up=0.6)) == Ready()


def test_crashed_unit_must_settle_longer() -> None:
    again = running(restarts=1)
    assert isinstance(judge(unit(), again, Asked(elapsed=9, up=1)), Pending)
    assert judge(unit(), again, Asked(elapsed=9, up=3.1)) == Ready()


def test_old_crashes_do_not_count() -> None:
    crashes = MAX_CRASHES + 4
    asked = Asked(elapsed=1, up=1, crashes=crashes)
    assert judge(unit(), running(restarts=crashes), asked) == Ready()


def test_crash_loop_fails() -> None:
    found = ended(7, Restarting=True) | {"RestartCount": MAX_CRASHES}
    assert judge(unit(), found, Asked(elapsed=4)) == Failed(
        summary="n8n: crashed 5 times (exit code 7)"
    )


def test_ended_unit_fails_with_the_engines_words() -> None:
    assert judge(unit(), ended(127, Error="no such file"), Asked(elapsed=1)) == Failed(
        summary="n8n: ended before it was ready (exit code 127: no such file)"
    )


def test_kill_waits_for_its_reason() -> None:
    assert judge(unit(), ended(137), Asked(elapsed=1, down=0.1)) == Pending(why="was killed")
    assert judge(unit(), ended(137), Asked(elapsed=1, down=0.4)) == Failed(
        summary="n8n: ended before it was ready (exit code 137)"
    )
    assert judge(unit(), ended(137, OOMKilled=True), Asked(elapsed=1)) == Failed(
        summary="n8n: ran out of memory (exit code 137)"
    )


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (running(), Pending(why="job: running")),
        (ended(0), Ready()),
        (ended(2), Failed(summary="n8n: the job failed (exit code 2)")),
    ],
)
def test_job_is_judged_by_its_code(found: dict[str, Any], verdict: object) -> None:
    # A job has no deadline: pulling a model takes as long as it takes.
    assert judge(unit(job=True), found, Asked(elapsed=9999)) == verdict


def test_outside_probe_must_pass() -> None:
    refused = Asked(elapsed=1, up=1, probe="10.0.0.2:80: connection refused")
    assert judge(unit(), running(), refused) == Pending(
        why="probe: 10.0.0.2:80: connection refused"
    )
    assert judge(unit(), running(), Asked(elapsed=1, up=1, probe="")) == Ready()


def test_replicas_fail_together() -> None:
    assert joined([Ready(), Pending(why="x"), Failed(summary="y")]) == Failed(summary="y")
    assert joined([Ready(), Pending(why="x")]) == Pending(why="x")
    assert joined([Ready(), Ready()]) == Ready()
