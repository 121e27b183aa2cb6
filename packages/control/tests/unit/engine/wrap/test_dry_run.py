from __future__ import annotations

import pytest
from hearth_control.engine.events import StepDone
from hearth_control.engine.memory.adapter import MemoryEngine
from hearth_control.engine.wrap.dry_run import DryRunEngine
from hearth_control.plan.model import ContainerUnit, Plan, Step, StepKind
from hearth_control.render.artifacts import Artifacts
from hearth_control.settings.model import EngineName

pytestmark = pytest.mark.unit

NO_FILES = Artifacts(files={}, secret_variables={})


def plan() -> Plan:
    unit = ContainerUnit(name="a", service="a", spec={}, hash="h", image="i")
    step = Step(kind=StepKind.CREATE, target="a", cause="asked")
    return Plan(
        project="p",
        engine=EngineName.COMPOSE,
        services=(),
        units=(unit,),
        wires=(),
        published=(),
        networks=(),
        databases=(),
        volumes={"data": {}},
        secrets=(),
        configs={},
        steps=(step,),
        notes=(),
    )


def told(events: object) -> list[str]:
    return [event.step.id for event in events if isinstance(event, StepDone)]  # type: ignore[attr-defined]  # an iterator of events


def test_apply_only_tells() -> None:
    real = MemoryEngine()
    assert told(DryRunEngine(real).apply(plan(), NO_FILES, {})) == ["create a"]
    assert real.observe().units == ()


def test_stop_and_down_only_tell() -> None:
    real = MemoryEngine()
    list(real.apply(plan(), NO_FILES, {}))
    dry = DryRunEngine(real)
    assert told(dry.stop(["a", "nobody"])) == ["stop a"]
    assert told(dry.down(volumes=["data"])) == ["remove a", "remove data"]
    assert told(dry.down()) == ["remove a"]
    assert dry.observe() == real.observe()
    assert dry.observe().unit("a") is not None


def test_execute_runs_nothing() -> None:
    said = DryRunEngine(MemoryEngine()).execute("a", ("rm", "-r", "/"))
    assert said.stdout == "a: would run rm -r /\n"
