"""The embedded engine keeps the port's promises, with real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_conformance import CHATTY, FAILING, STEADY, Bench, EngineConformance
from hearth_control.catalog.model import Process
from hearth_control.engine.embedded.adapter import EmbeddedEngine
from hearth_control.plan.model import ProcessUnit
from hearth_control.settings.model import EngineName

pytestmark = pytest.mark.integration

SCRIPTS = {
    STEADY: "echo $NAME is here; exec sleep 1000",
    CHATTY: "echo $NAME is here; while sleep 0.05; do echo $NAME tick; done",
    FAILING: "echo cannot start $NAME >&2; exit 3",
}


def process_unit(name: str, behaviour: str, needs: tuple[str, ...], digest: str) -> ProcessUnit:
    ready = ("false",) if behaviour == FAILING else ("true",)
    return ProcessUnit(
        name=name,
        service=name,
        hash=digest,
        process=Process(command=("sh", "-c", SCRIPTS[behaviour]), ready_command=ready),
        environment={"NAME": name},
        needs=needs,
    )


class TestEmbeddedEngine(EngineConformance):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        engine = EmbeddedEngine(project="hearth-test", home=tmp_path / "home")
        yield Bench(engine=engine, make=process_unit, name=EngineName.EMBEDDED)
        list(engine.down())
