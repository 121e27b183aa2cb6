"""The memory engine keeps the port's promises."""

from __future__ import annotations

import pytest
from engine_conformance import CHATTY, FAILING, STEADY, Bench, EngineConformance
from hearth_control.engine.memory.adapter import MemoryEngine
from hearth_control.engine.memory.behaviour import Behaviour
from hearth_control.engine.observed import State
from hearth_control.engine.port import Executed
from hearth_control.plan.model import ProcessUnit
from hearth_control.settings.model import EngineName

pytestmark = pytest.mark.unit

BEHAVIOURS = {
    STEADY: Behaviour(),
    CHATTY: Behaviour(ticks="{name} tick"),
    FAILING: Behaviour(says=("cannot start {name}",), fails_with=3),
}


def memory_bench() -> Bench:
    behaviours: dict[str, Behaviour] = {}
    engine = MemoryEngine(
        behaviours=behaviours,
        answer=lambda unit, argv: Executed(exit_code=4, stdout="out\n", stderr="err\n"),
    )

    def make(name: str, behaviour: str, needs: tuple[str, ...], digest: str) -> ProcessUnit:
        behaviours[name] = BEHAVIOURS[behaviour]
        return ProcessUnit(name=name, service=name, hash=digest, needs=needs)

    return Bench(engine=engine, make=make, name=EngineName.EMBEDDED)


class TestMemoryEngine(EngineConformance):
    @pytest.fixture
    def bench(self) -> Bench:
        return memory_bench()


def test_crash_is_observed() -> None:
    bench = memory_bench()
    bench.up(bench.make("one", STEADY, (), "h1"))
    assert isinstance(bench.engine, MemoryEngine)
    bench.engine.crash("one", exit_code=9)
    seen = bench.seen("one")
    assert (seen.state, seen.exit_code, seen.pid) == (State.EXITED, 9, None)


def test_tail_counts_each_unit() -> None:
    bench = memory_bench()
    bench.up(bench.make("one", STEADY, (), "h1"), bench.make("two", STEADY, (), "h1"))
    lines = list(bench.engine.logs(["one", "two"], tail=1))
    assert [line.text for line in lines] == ["one is here", "two is here"]
