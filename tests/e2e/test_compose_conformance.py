"""The compose engine must keep every promise of the engine port, on a real engine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from compose_bench import compose_bench
from hearth_control.settings.model import EngineName

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packages/control/tests"))
pytest.register_assert_rewrite("engine_conformance")

from engine_conformance import (  # noqa: E402  # it is found by the line above
    CHATTY,
    FAILING,
    STEADY,
    Bench,
    EngineConformance,
)

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

SCRIPTS = {
    STEADY: "echo {name} is here; exec sleep 600",
    CHATTY: "while :; do echo {name} tick; sleep 0.2; done",
    FAILING: "echo cannot start {name} >&2; exit 3",
}


class TestComposeEngine(EngineConformance):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        with compose_bench(tmp_path) as own:
            yield Bench(
                engine=own.engine,
                name=EngineName.COMPOSE,
                project=own.project,
                make=lambda name, behaviour, needs, mark: own.sh(
                    name, SCRIPTS[behaviour].format(name=name), needs=needs, mark=mark
                ),
                artifacts=own.artifacts,
            )
