"""What the runner says, as events, a result or an error of ours."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from builders import catalog, plan, service, settings
from hearth_control.backup.errors import BackupDeniedError, RunnerSilentError, from_runner
from hearth_control.backup.runner import Runner, Told
from hearth_control.engine.errors import UnitNotRunningError
from hearth_control.engine.memory.adapter import MemoryEngine
from hearth_control.engine.port import Executed
from hearth_control.render.artifacts import Artifacts

pytestmark = pytest.mark.unit

WORLD = catalog(service("backup", stack="07-management"))


def runner_that_says(*lines: object, code: int = 0, errors: str = "") -> Runner:
    said = "".join(f"{json.dumps(line)}\n" for line in lines)

    def answer(_unit: str, _argv: Sequence[str]) -> Executed:
        return Executed(exit_code=code, stdout=said, stderr=errors)

    engine = MemoryEngine(answer=answer)
    made = plan(WORLD, said=settings(services={"backup": "container"}))
    list(engine.apply(made, Artifacts(files={}, secret_variables={}), {}))
    return Runner(engine, renew="hearth secrets set it")


def test_events_are_told_and_the_result_is_given() -> None:
    told: list[Told] = []
    runner = runner_that_says(
        {"event": "step", "text": "saving"},
        "no event",
        {"event": "progress", "text": "saving", "done": 1, "total": 2},
        {"event": "result", "snapshot": "aaaa"},
    )
    assert runner.ask(("now",), tell=told.append) == {"snapshot": "aaaa"}
    assert told == [Told(text="saving"), Told(text="saving", done=1, total=2)]


def test_wrong_password_says_how_it_is_given_anew() -> None:
    refused = {"event": "error", "code": "wrong", "category": "denied", "message": "m", "hint": "h"}
    with pytest.raises(BackupDeniedError) as caught:
        runner_that_says(refused, code=1).ask(("list",))
    assert (caught.value.message, caught.value.hint) == ("m", "hearth secrets set it")


def test_end_without_a_word_is_a_fault() -> None:
    with pytest.raises(RunnerSilentError) as caught:
        runner_that_says({"event": "step", "text": "x"}, code=137, errors="\nkilled\n").ask(
            ("now",)
        )
    assert caught.value.message == "backup: the runner ended with code 137: killed"
    assert caught.value.hint == "hearth logs backup"


def test_runner_that_does_not_run_is_told() -> None:
    with pytest.raises(UnitNotRunningError) as caught:
        Runner(MemoryEngine()).ask(("now",))
    assert caught.value.message == "backup: the runner does not run"
    assert caught.value.hint == "hearth up backup"


def test_unknown_category_is_a_failure() -> None:
    assert from_runner({"message": "m", "category": "new"}).code == "backup-failed"
