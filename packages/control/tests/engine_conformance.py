"""What every engine must do, asked of each adapter with units that suit it.

An adapter's test inherits `EngineConformance` and gives one fixture, `bench`:

    class TestComposeEngine(EngineConformance):
        @pytest.fixture
        def bench(self, tmp_path) -> Iterator[Bench]: ...

The suite plans for itself (`plan_for`), so that it needs neither a catalog nor the planner.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import pytest
from hearth_control.engine.errors import UnitNotRunningError
from hearth_control.engine.events import (
    Event,
    Failure,
    StepDone,
    StepFailed,
    StepSkipped,
    StepStarted,
)
from hearth_control.engine.observed import Health, Observed, ObservedUnit, State
from hearth_control.engine.port import Engine
from hearth_control.plan.model import (
    ContainerUnit,
    Plan,
    ProcessUnit,
    Step,
    StepKind,
)
from hearth_control.render.artifacts import Artifacts
from hearth_control.settings.model import EngineName
from hearth_kit.secret import Secret

AnyUnit = ContainerUnit | ProcessUnit

STEADY = "steady"
"""Says `<name> is here` once, becomes ready, runs until it is stopped."""
CHATTY = "chatty"
"""Like steady, and says `<name> tick` several times a second."""
FAILING = "failing"
"""Says `cannot start <name>` and exits with code 3 before it is ready."""


@dataclass(kw_only=True)
class Bench:
    """An engine to be asked, and how to make units for it.

    `make(name, behaviour, needs, hash)` gives a unit; hashes differ where the suite wants a
    changed unit. `artifacts(plan)` renders what this engine reads from files.
    """

    engine: Engine
    make: Callable[[str, str, tuple[str, ...], str], AnyUnit]
    name: EngineName
    project: str = "hearth-conformance"
    artifacts: Callable[[Plan], Artifacts] = field(
        default=lambda _plan: Artifacts(files={}, secret_variables={})
    )
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    patience_seconds: float = 30.0

    def plan(self, units: Sequence[AnyUnit], steps: Sequence[Step]) -> Plan:
        """Wrap units and steps into a plan for this engine."""
        return Plan(
            project=self.project,
            engine=self.name,
            services=(),
            units=tuple(units),
            wires=(),
            published=(),
            networks=(),
            databases=(),
            volumes={},
            secrets=tuple(sorted(self.secrets)),
            configs={},
            steps=tuple(steps),
            notes=(),
        )

    def up(self, *units: AnyUnit) -> list[Event]:
        """Plan for these units against what is, and carry it out."""
        plan = self.plan(units, steps_for(units, self.engine.observe()))
        return self.apply(plan)

    def apply(self, plan: Plan) -> list[Event]:
        """Carry a plan out to its end."""
        return list(self.engine.apply(plan, self.artifacts(plan), self.secrets))

    def seen(self, name: str) -> ObservedUnit:
        """Observe one unit, which must be there."""
        unit = self.engine.observe().unit(name)
        assert unit is not None, f"{name} is not observed"
        return unit

    def eventually(self, check: Callable[[], bool], what: str) -> None:
        """Wait until a check holds, or fail saying what was waited for."""
        deadline = time.monotonic() + self.patience_seconds
        while not check():
            assert time.monotonic() < deadline, f"waited {self.patience_seconds} s: {what}"
            time.sleep(0.02)


def steps_for(units: Sequence[AnyUnit], observed: Observed) -> tuple[Step, ...]:
    """Give the steps from what is to what is wanted, in the order of the units."""
    kinds = {unit.name: _kind(unit, observed.unit(unit.name)) for unit in units}
    steps = []
    for unit in units:
        kind = kinds[unit.name]
        if kind is None:
            continue
        needs = tuple(f"{kinds[name].value} {name}" for name in unit.needs if kinds.get(name))
        steps.append(
            Step(kind=kind, target=unit.name, cause="asked", service=unit.service, needs=needs)
        )
    return tuple(steps)


def _kind(unit: AnyUnit, seen: ObservedUnit | None) -> StepKind | None:
    if seen is None or seen.state is State.MISSING:
        return StepKind.CREATE
    if seen.hash != unit.hash:
        return StepKind.RECREATE
    return None if seen.state is State.RUNNING else StepKind.START


def done(events: Iterable[Event]) -> list[str]:
    """Name the steps that ended well, in order."""
    return [event.step.id for event in events if isinstance(event, StepDone)]


def failure_of(events: Iterable[Event]) -> Failure:
    """Give the only failure among events."""
    failures = [event.failure for event in events if isinstance(event, StepFailed)]
    assert len(failures) == 1, f"expected one failure, got {failures}"
    return failures[0]


class EngineConformance:
    """The suite; one test a promise of the port."""

    def test_probe_names_engine(self, bench: Bench) -> None:
        facts = bench.engine.probe()
        assert facts.name
        assert facts.version

    def test_observe_finds_nothing(self, bench: Bench) -> None:
        observed = bench.engine.observe()
        assert observed.units == ()
        assert observed.engine == bench.name.value

    def test_apply_starts_unit(self, bench: Bench) -> None:
        events = bench.up(bench.make("one", STEADY, (), "h1"))
        assert isinstance(events[0], StepStarted)
        assert done(events) == ["create one"]
        unit = bench.seen("one")
        assert unit.state is State.RUNNING
        assert unit.health in {Health.HEALTHY, Health.NONE}
        assert unit.hash == "h1"
        assert unit.id
        assert unit.started_at is not None
        assert unit.started_at.tzinfo is not None

    def test_second_up_plans_nothing(self, bench: Bench) -> None:
        unit = bench.make("one", STEADY, (), "h1")
        bench.up(unit)
        before = bench.seen("one").id
        assert bench.up(unit) == []
        assert bench.seen("one").id == before

    def test_repeated_step_changes_nothing(self, bench: Bench) -> None:
        unit = bench.make("one", STEADY, (), "h1")
        plan = bench.plan([unit], steps_for([unit], bench.engine.observe()))
        bench.apply(plan)
        before = bench.seen("one").id
        assert done(bench.apply(plan)) == ["create one"]
        assert bench.seen("one").id == before

    def test_changed_hash_recreates(self, bench: Bench) -> None:
        bench.up(bench.make("one", STEADY, (), "h1"))
        before = bench.seen("one").id
        assert done(bench.up(bench.make("one", STEADY, (), "h2"))) == ["recreate one"]
        after = bench.seen("one")
        assert after.id != before
        assert after.hash == "h2"
        assert after.state is State.RUNNING

    def test_needs_come_first(self, bench: Bench) -> None:
        first = bench.make("first", STEADY, (), "h1")
        second = bench.make("second", STEADY, ("first",), "h1")
        events = bench.up(first, second)
        assert done(events) == ["create first", "create second"]
        ready = next(i for i, e in enumerate(events) if isinstance(e, StepDone))
        begun = [i for i, e in enumerate(events) if isinstance(e, StepStarted)][1]
        assert ready < begun

    def test_stop_keeps_unit(self, bench: Bench) -> None:
        unit = bench.make("one", STEADY, (), "h1")
        bench.up(unit)
        assert not [e for e in bench.engine.stop(["one"]) if isinstance(e, StepFailed)]
        stopped = bench.seen("one")
        assert stopped.state in {State.STOPPED, State.EXITED}
        assert stopped.hash == "h1"
        assert done(bench.up(unit)) == ["start one"]
        assert bench.seen("one").state is State.RUNNING

    def test_stop_spares_others(self, bench: Bench) -> None:
        bench.up(bench.make("one", STEADY, (), "h1"), bench.make("two", STEADY, (), "h1"))
        list(bench.engine.stop(["one"]))
        assert bench.seen("two").state is State.RUNNING

    def test_stop_unknown_is_harmless(self, bench: Bench) -> None:
        assert not [e for e in bench.engine.stop(["nobody"]) if isinstance(e, StepFailed)]

    def test_stop_step_stops(self, bench: Bench) -> None:
        unit = bench.make("one", STEADY, (), "h1")
        bench.up(unit)
        stop = Step(kind=StepKind.STOP, target="one", cause="asked")
        assert done(bench.apply(bench.plan([unit], [stop]))) == ["stop one"]
        assert bench.seen("one").state in {State.STOPPED, State.EXITED}

    def test_remove_step_removes(self, bench: Bench) -> None:
        bench.up(bench.make("one", STEADY, (), "h1"), bench.make("two", STEADY, (), "h1"))
        remove = Step(kind=StepKind.REMOVE, target="one", cause="turned off")
        rest = bench.make("two", STEADY, (), "h1")
        assert done(bench.apply(bench.plan([rest], [remove]))) == ["remove one"]
        assert [unit.name for unit in bench.engine.observe().units] == ["two"]

    def test_down_removes_all(self, bench: Bench) -> None:
        bench.up(bench.make("one", STEADY, (), "h1"), bench.make("two", STEADY, ("one",), "h1"))
        list(bench.engine.down())
        assert bench.engine.observe().units == ()

    def test_down_twice_is_harmless(self, bench: Bench) -> None:
        list(bench.engine.down())
        assert not [e for e in bench.engine.down() if isinstance(e, StepFailed)]

    def test_up_after_down(self, bench: Bench) -> None:
        unit = bench.make("one", STEADY, (), "h1")
        bench.up(unit)
        list(bench.engine.down())
        assert done(bench.up(unit)) == ["create one"]

    def test_failure_explains_itself(self, bench: Bench) -> None:
        failure = failure_of(bench.up(bench.make("bad", FAILING, (), "h1")))
        assert failure.unit == "bad"
        assert failure.exit_code == 3
        assert any("cannot start bad" in line for line in failure.log_lines)
        assert failure.summary

    def test_dependants_are_skipped(self, bench: Bench) -> None:
        bad = bench.make("bad", FAILING, (), "h1")
        after = bench.make("after", STEADY, ("bad",), "h1")
        events = bench.up(bad, after)
        skipped = [event for event in events if isinstance(event, StepSkipped)]
        assert [event.step.id for event in skipped] == ["create after"]
        assert "bad" in skipped[0].because
        assert done(events) == []

    def test_independent_unit_still_starts(self, bench: Bench) -> None:
        bad = bench.make("bad", FAILING, (), "h1")
        events = bench.up(bad, bench.make("good", STEADY, (), "h1"))
        assert done(events) == ["create good"]
        assert bench.seen("good").state is State.RUNNING

    def test_closed_apply_stops_early(self, bench: Bench) -> None:
        first = bench.make("first", STEADY, (), "h1")
        second = bench.make("second", STEADY, ("first",), "h1")
        units = [first, second]
        plan = bench.plan(units, steps_for(units, bench.engine.observe()))
        events = bench.engine.apply(plan, bench.artifacts(plan), bench.secrets)
        for event in events:
            if isinstance(event, StepDone):
                break
        events.close()  # type: ignore[attr-defined]  # apply is a generator; the port says Iterator
        second_seen = bench.engine.observe().unit("second")
        assert second_seen is None or second_seen.state is not State.RUNNING

    def test_logs_give_tail(self, bench: Bench) -> None:
        bench.up(bench.make("one", STEADY, (), "h1"), bench.make("two", STEADY, (), "h1"))
        bench.eventually(
            lambda: (
                {line.text for line in bench.engine.logs(["one", "two"])}
                >= {"one is here", "two is here"}
            ),
            "both units' first lines",
        )
        lines = list(bench.engine.logs(["one"]))
        assert {line.unit for line in lines} == {"one"}

    def test_logs_tail_is_bounded(self, bench: Bench) -> None:
        bench.up(bench.make("talk", CHATTY, (), "h1"))
        bench.eventually(lambda: len(list(bench.engine.logs(["talk"]))) > 4, "some ticks")
        assert len(list(bench.engine.logs(["talk"], tail=2))) == 2

    def test_logs_follow_growth(self, bench: Bench) -> None:
        bench.up(bench.make("talk", CHATTY, (), "h1"))
        lines = bench.engine.logs(["talk"], tail=1, follow=True)
        texts = [line.text for line in islice(lines, 4)]
        lines.close()  # type: ignore[attr-defined]  # logs is a generator; the port says Iterator
        assert len(texts) == 4
        assert all("talk" in text for text in texts)

    def test_logs_outlive_stop(self, bench: Bench) -> None:
        bench.up(bench.make("one", STEADY, (), "h1"))
        bench.eventually(lambda: any(bench.engine.logs(["one"])), "its first line")
        list(bench.engine.stop(["one"]))
        assert "one is here" in [line.text for line in bench.engine.logs(["one"])]

    def test_execute_gives_output(self, bench: Bench) -> None:
        bench.up(bench.make("one", STEADY, (), "h1"))
        given = bench.engine.execute("one", ("sh", "-c", "echo out; echo err >&2; exit 4"))
        assert (given.exit_code, given.stdout, given.stderr) == (4, "out\n", "err\n")

    def test_execute_tells_each_line(self, bench: Bench) -> None:
        bench.up(bench.make("one", STEADY, (), "h1"))
        told: list[str] = []
        script = ("sh", "-c", "echo out; echo err >&2; exit 4")
        given = bench.engine.execute("one", script, tell=told.append)
        assert (given.exit_code, given.stdout, given.stderr) == (4, "out\n", "err\n")
        assert told == ["out"]

    def test_execute_needs_running_unit(self, bench: Bench) -> None:
        with pytest.raises(UnitNotRunningError) as caught:
            bench.engine.execute("nobody", ("true",))
        assert "`nobody`" in caught.value.message

    def test_stats_measure_running(self, bench: Bench) -> None:
        bench.up(bench.make("one", STEADY, (), "h1"))
        bench.up(bench.make("one", STEADY, (), "h1"), bench.make("two", STEADY, (), "h1"))
        list(bench.engine.stop(["two"]))
        usages = bench.engine.stats(["one", "two", "nobody"])
        assert [usage.unit for usage in usages] == ["one"]
        assert usages[0].memory > 0
        assert usages[0].cpu >= 0
