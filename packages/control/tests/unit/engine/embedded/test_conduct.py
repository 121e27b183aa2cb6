"""Which steps are asked for when, with an invented supervisor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from engine_conformance import Bench, done
from hearth_control.catalog.model import Process
from hearth_control.engine.embedded.client import Link
from hearth_control.engine.embedded.conduct import Conductor
from hearth_control.engine.embedded.errors import PostgresUnusableError
from hearth_control.engine.embedded.order import light_needs
from hearth_control.engine.embedded.spec import Command, UnitSpec
from hearth_control.engine.events import Event, Failure, StepFailed, StepSkipped, Waiting
from hearth_control.engine.memory.adapter import MemoryEngine
from hearth_control.plan.model import ProcessUnit, Step, StepKind
from hearth_control.settings.model import EngineName

pytestmark = pytest.mark.unit


@dataclass
class Supervisor:
    """Answers each request as its unit's script says; notes what was asked while others wait."""

    scripts: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    rounds: list[list[str]] = field(default_factory=list)
    pending: list[dict[str, Any]] = field(default_factory=list)

    def send(self, message: dict[str, Any]) -> None:
        name = message["unit"] if "unit" in message else message["spec"]["name"]
        self.asked.append(f"{message['do']} {name}")
        script = self.scripts.get(name, [{"event": "ready"}])
        self.pending += [{"id": message["id"], **answer} for answer in script]

    def receive(self, _seconds: float) -> dict[str, Any] | None:
        self.rounds.append(self.asked[:])
        return self.pending.pop(0) if self.pending else None


def unit(name: str, *needs: str) -> ProcessUnit:
    return ProcessUnit(name=name, service=name, hash="h", needs=needs)


def create(name: str, *needs: str) -> Step:
    return Step(kind=StepKind.CREATE, target=name, cause="asked", needs=needs)


def spec(name: str) -> UnitSpec:
    if name == "unusable":
        message = "postgres: no user"
        raise PostgresUnusableError(message, hint="useradd")
    return UnitSpec(name=name, service=name, hash="h", command=Command(argv=("x",)))


def conduct(
    supervisor: Supervisor,
    units: list[ProcessUnit],
    steps: list[Step] | None = None,
    light: Mapping[str, frozenset[str]] | None = None,
) -> list[Event]:
    bench = Bench(engine=MemoryEngine(), make=lambda *_: units[0], name=EngineName.EMBEDDED)
    plan = bench.plan(units, steps or [create(each.name) for each in units])
    return list(
        Conductor(
            plan=plan,
            link=cast("Link", supervisor),
            translate=spec,
            light=light or {},
            explain=lambda name, answer, _began: Failure(unit=name, summary=answer["why"]),
        ).run()
    )


def test_independent_units_start_together() -> None:
    supervisor = Supervisor()
    conduct(supervisor, [unit("a"), unit("b"), unit("c", "a")])
    assert supervisor.rounds[0] == ["start a", "start b"]
    assert supervisor.asked == ["start a", "start b", "start c"]


def test_unit_needs_hold_without_step_needs() -> None:
    supervisor = Supervisor()
    events = conduct(supervisor, [unit("web", "db"), unit("db")])
    assert done(events) == ["create db", "create web"]


def test_waiting_is_told_once() -> None:
    why = {"event": "waiting", "why": "health: starting"}
    events = conduct(Supervisor({"a": [why, why, {"event": "ready"}]}), [unit("a")])
    assert [event.why for event in events if isinstance(event, Waiting)] == ["health: starting"]


def test_failure_skips_all_behind() -> None:
    failed = {"event": "failed", "why": "it broke"}
    events = conduct(Supervisor({"a": [failed]}), [unit("a"), unit("b", "a"), unit("c", "b")])
    skipped = [event for event in events if isinstance(event, StepSkipped)]
    assert [(event.step.target, event.because) for event in skipped] == [
        ("b", "`a` did not come up"),
        ("c", "`a` did not come up"),
    ]


def test_untranslatable_unit_fails() -> None:
    events = conduct(Supervisor(), [unit("unusable"), unit("b")])
    failure = next(event.failure for event in events if isinstance(event, StepFailed))
    assert (failure.summary, failure.hint) == ("postgres: no user", "useradd")
    assert done(events) == ["create b"]


def test_circle_is_skipped() -> None:
    events = conduct(Supervisor(), [unit("a", "b"), unit("b", "a")])
    assert [event.because for event in events if isinstance(event, StepSkipped)] == [
        "what it needs is never done"
    ] * 2


def test_stop_and_remove_are_asked() -> None:
    supervisor = Supervisor({"a": [{"event": "stopped"}], "b": [{"event": "gone"}]})
    steps = [
        Step(kind=StepKind.STOP, target="a", cause="asked"),
        Step(kind=StepKind.REMOVE, target="b", cause="asked"),
        Step(kind=StepKind.NETWORK, target="n", cause="asked"),
    ]
    assert sorted(done(conduct(supervisor, [unit("a")], steps))) == [
        "network n",
        "remove b",
        "stop a",
    ]
    assert supervisor.asked == ["stop a", "forget b"]


def test_light_need_is_met_early() -> None:
    scripts = {"server": [{"event": "prepared", "why": ""}, {"event": "ready"}]}
    supervisor = Supervisor(scripts)
    events = conduct(
        supervisor,
        [unit("server"), unit("worker", "server"), unit("app", "server")],
        light={"worker": frozenset({"server"})},
    )
    assert supervisor.rounds[1] == ["start server", "start worker"]
    assert done(events) == ["create server", "create worker", "create app"]


def test_light_needs_know_no_port() -> None:
    process = Process(command=("x",), before=(("migrate",),))
    server = ProcessUnit(name="server", service="server", hash="h", process=process, port=63050)
    app = replace(unit("app", "server"), environment={"URL": "http://127.0.0.1:63050/x"})
    worker = replace(unit("worker", "server", "db"), environment={"URL": "http://h:163050"})
    bench = Bench(engine=MemoryEngine(), make=lambda *_: server, name=EngineName.EMBEDDED)
    assert light_needs(bench.plan([server, worker, app], [])) == {
        "server": frozenset(),
        "worker": frozenset({"server"}),
        "app": frozenset(),
    }
