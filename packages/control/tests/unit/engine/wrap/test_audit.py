from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.engine.events import StepDone
from hearth_control.engine.memory.adapter import MemoryEngine
from hearth_control.engine.memory.behaviour import Behaviour
from hearth_control.engine.wrap.audit import FILE, AuditedEngine, AuditLog
from hearth_control.plan.model import ContainerUnit, Plan, Step, StepKind
from hearth_control.render.artifacts import Artifacts
from hearth_control.settings.model import EngineName
from hearth_kit.clock import ManualClock
from hearth_kit.secret import Secret

pytestmark = pytest.mark.unit

NO_FILES = Artifacts(files={}, secret_variables={})


def plan(*names: str) -> Plan:
    return Plan(
        project="p",
        engine=EngineName.COMPOSE,
        services=(),
        units=tuple(
            ContainerUnit(name=name, service=name, spec={}, hash="h", image="i") for name in names
        ),
        wires=(),
        published=(),
        networks=(),
        databases=(),
        volumes={},
        secrets=(),
        configs={},
        steps=tuple(Step(kind=StepKind.CREATE, target=name, cause="asked") for name in names),
        notes=(),
    )


def audited(home: Path, **behaviours: Behaviour) -> tuple[AuditedEngine, AuditLog]:
    log = AuditLog(home=home, clock=ManualClock())
    return AuditedEngine(MemoryEngine(behaviours=behaviours), log, name="memory"), log


def test_apply_is_written_down(tmp_path: Path) -> None:
    engine, log = audited(tmp_path)
    list(engine.apply(plan("a", "b"), NO_FILES, {}))
    begin, end = log.read()
    assert begin["event"] == "begin"
    assert begin["verb"] == "apply"
    assert begin["steps"] == ["create a", "create b"]
    assert begin["who"]
    assert begin["time"] == "2026-01-01T00:00:00.000+00:00"
    assert end["run"] == begin["run"]
    assert end["outcome"] == "done"
    assert end["steps"] == {"create a": "done", "create b": "done"}
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_failure_hides_secrets(tmp_path: Path) -> None:
    engine, log = audited(tmp_path, a=Behaviour(fails_with=3))
    secrets = {"word": Secret("exited with"), "short": Secret("a")}
    list(engine.apply(plan("a"), NO_FILES, secrets))
    *_, end = log.read()
    assert end["outcome"] == "failed"
    assert end["failures"] == {"create a": "a: ******** code 3 before it was ready"}


def test_interrupted_apply_says_so(tmp_path: Path) -> None:
    engine, log = audited(tmp_path)
    events = engine.apply(plan("a", "b"), NO_FILES, {})
    assert any(isinstance(event, StepDone) for event in events)
    events.close()  # type: ignore[attr-defined]  # apply is a generator; the port says Iterator
    *_, end = log.read()
    assert end["outcome"] == "interrupted"
    assert end["steps"] == {"create a": "done", "create b": "untouched"}


def test_noop_is_not_written(tmp_path: Path) -> None:
    engine, log = audited(tmp_path)
    list(engine.apply(plan(), NO_FILES, {}))
    assert list(log.read()) == []


def test_stop_and_down_are_written(tmp_path: Path) -> None:
    engine, log = audited(tmp_path)
    list(engine.apply(plan("a"), NO_FILES, {}))
    list(engine.stop(["a"]))
    list(engine.down(volumes=["data"]))
    entries = [entry for entry in log.read() if entry["event"] == "begin"]
    assert [entry["verb"] for entry in entries] == ["apply", "stop", "down"]
    assert entries[2]["steps"] == ["remove data"]


def test_torn_line_is_left_out(tmp_path: Path) -> None:
    log = AuditLog(home=tmp_path, clock=ManualClock())
    log.append({"event": "begin"})
    with (tmp_path / FILE).open("a") as file:
        file.write('{"event": "en')
    assert [entry["event"] for entry in log.read()] == ["begin"]


def test_looking_goes_straight_through(tmp_path: Path) -> None:
    engine, log = audited(tmp_path)
    list(engine.apply(plan("a"), NO_FILES, {}))
    before = len(list(log.read()))
    assert engine.observe().unit("a") is not None
    assert engine.probe().name == "memory"
    assert [usage.unit for usage in engine.stats(["a"])] == ["a"]
    assert engine.execute("a", ("id",)).exit_code == 0
    assert [line.text for line in engine.logs(["a"])] == ["a is here"]
    assert len(list(log.read())) == before
