"""A unit's life, with invented answers in place of processes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hearth_control.engine.embedded.effects import (
    Check,
    Checked,
    Effect,
    Ended,
    Halt,
    Launch,
    Pause,
    Report,
    Run,
)
from hearth_control.engine.embedded.life import Life, describe, live, title
from hearth_control.engine.embedded.spec import Command, Ready, UnitSpec
from hearth_kit.clock import ManualClock

pytestmark = pytest.mark.unit

READY = Ready(kind="http", target="/", port=1)
MIGRATE = Command(argv=("python", "-m", "hearth_server", "migrate"))
PROVISION = Command(argv=("/programs/psql", "--quiet"))
OK = Checked(ok=True)
PREPARED = Report(state="starting", health="starting", prepared=True)
NOT_YET = Checked(ok=False, said="not yet")


def spec(**changes: Any) -> UnitSpec:
    values: dict[str, Any] = {
        "name": "one",
        "service": "one",
        "hash": "h",
        "command": Command(argv=("serve",)),
        "ready": READY,
        "start_seconds": 5.0,
        **changes,
    }
    return UnitSpec(**values)


def play(life: Life, *answers: object) -> list[Effect]:
    """Give a life its answers in turn; reports, which need none, are noted on the way."""
    effects: list[Effect] = []
    waiting = [None, *answers]
    answer: Any = waiting.pop(0)
    while True:
        effect = life.send(answer)
        effects.append(effect)
        answer = None
        if not isinstance(effect, Report):
            if not waiting:
                return effects
            answer = waiting.pop(0)


def reports(effects: list[Effect]) -> list[Report]:
    return [effect for effect in effects if isinstance(effect, Report)]


def test_life_becomes_ready() -> None:
    effects = play(live(spec(), ManualClock()), None, OK)
    assert effects == [
        PREPARED,
        Launch(),
        Check(ready=READY),
        Report(state="running", health="healthy"),
        Pause(seconds=10.0),
    ]


def test_life_waits_for_readiness() -> None:
    effects = play(live(spec(), ManualClock()), None, NOT_YET, None, OK)
    assert reports(effects)[1].why == "health: starting (probe said: not yet)"
    assert not reports(effects)[1].failed
    assert effects[-2] == Report(state="running", health="healthy")


def test_before_comes_first() -> None:
    effects = play(live(spec(before=(MIGRATE,)), ManualClock()), Ended(code=0), None)
    assert effects == [
        Report(state="starting", health="starting", why="running `hearth_server migrate`"),
        Run(command=MIGRATE),
        PREPARED,
        Launch(),
        Check(ready=READY),
    ]


def test_failed_before_never_launches() -> None:
    effects = play(live(spec(before=(MIGRATE,)), ManualClock()), Ended(code=2))
    assert Launch() not in effects
    assert reports(effects)[-1] == Report(
        state="restarting",
        why="`hearth_server migrate` exited with code 2; starts again in 0.5 s",
        exit_code=2,
        failed=True,
    )


def test_after_holds_readiness_back() -> None:
    life = live(spec(after=(PROVISION,)), ManualClock())
    effects = play(life, None, OK)
    assert effects[-1] == Run(command=PROVISION)
    assert Report(state="running", health="healthy") not in effects


def test_failed_after_halts() -> None:
    life = live(spec(after=(PROVISION,)), ManualClock())
    effects = play(life, None, OK, Ended(code=3), None)
    assert Halt() in effects
    assert reports(effects)[-1].why == "`psql` exited with code 3; starts again in 0.5 s"


def test_early_end_is_failure() -> None:
    effects = play(live(spec(), ManualClock()), None, NOT_YET, Ended(code=1))
    last = reports(effects)[-1]
    assert last.why == "exited with code 1 before it was ready; starts again in 0.5 s"
    assert last.failed


def test_backoff_grows() -> None:
    refused = Ended(code=None, text="cannot run `serve`: no such file")
    effects = play(live(spec(), ManualClock()), refused, None, refused, None, refused)
    pauses = [effect.seconds for effect in effects if isinstance(effect, Pause)]
    assert pauses == [0.5, 1.0, 2.0]


def test_health_forgives_failures() -> None:
    clock = ManualClock()
    life = live(spec(), clock)
    play(life, Ended(code=1), None, Ended(code=1), None)
    effects = play_on(life, None, OK)
    clock.advance(timedelta(seconds=61))
    effects += play_on(life, Ended(code=1))
    assert effects[-1] == Pause(seconds=0.5)


def play_on(life: Life, *answers: object) -> list[Effect]:
    """Go on with a life that waits for an answer."""
    effects: list[Effect] = []
    waiting = list(answers)
    effect: Effect | None = None
    while waiting or isinstance(effect, Report):
        answer: Any = None if isinstance(effect, Report) else waiting.pop(0)
        effect = life.send(answer)
        effects.append(effect)
    return effects


def test_late_unit_is_told_once() -> None:
    clock = ManualClock()
    life = live(spec(), clock)
    play(life, None)
    clock.advance(timedelta(seconds=6))
    late = play_on(life, NOT_YET)
    later = play_on(life, None, NOT_YET)
    assert reports(late)[0].why == "was not ready after 5 s (probe said: not yet)"
    assert reports(late)[0].failed
    assert [report.failed for report in reports(later)] == [False]
    assert reports(later)[0].health == "unhealthy"


def test_recovery_gets_patience() -> None:
    clock = ManualClock()
    life = live(spec(), clock)
    play(life, None)
    clock.advance(timedelta(seconds=300))
    busy = Checked(ok=False, said="the database system is starting", busy=True)
    assert not reports(play_on(life, busy))[0].failed


def test_three_misses_are_unhealthy() -> None:
    life = live(spec(), ManualClock())
    play(life, None, OK)
    effects = play_on(life, None, NOT_YET, None, NOT_YET, None, NOT_YET)
    assert reports(effects) == [
        Report(
            state="running",
            health="unhealthy",
            why="health: unhealthy (probe said: not yet)",
        )
    ]
    assert reports(play_on(life, None, OK)) == [Report(state="running", health="healthy")]


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (Ended(code=0), "exited with code 0"),
        (Ended(code=-9), "was ended by SIGKILL"),
        (Ended(code=-60), "was ended by signal 60"),
        (Ended(code=None), "could not be started"),
    ],
    ids=["exit", "signal", "nameless", "refused"],
)
def test_describe_says_end(ended: Ended, said: str) -> None:
    assert describe(ended) == said


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (("/x/python3", "-P", "-m", "a_module", "go", "now"), "`a_module go`"),
        (("/x/python3", "-m", "some.package.prepare"), "`prepare`"),
        (("/programs/initdb", "--pgdata=/x"), "`initdb`"),
        (("python",), "`python`"),
    ],
    ids=["module", "dotted", "program", "bare"],
)
def test_title_is_short(argv: tuple[str, ...], name: str) -> None:
    assert title(Command(argv=argv)) == name


def test_command_check_comes_late() -> None:
    ready = Ready(kind="command", argv=("check",))
    effects = play(live(spec(ready=ready), ManualClock()), None, None, OK)
    assert effects[2:4] == [Pause(seconds=0.25), Check(ready=ready)]


def test_end_before_first_check() -> None:
    ready = Ready(kind="command", argv=("check",))
    effects = play(live(spec(ready=ready), ManualClock()), None, Ended(code=1))
    assert reports(effects)[-1].why.startswith("exited with code 1 before it was ready")
