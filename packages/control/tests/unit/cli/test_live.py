from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from hearth_control.cli.live import LiveBoard
from hearth_control.deploy.situation import look, plan_for
from hearth_control.engine.events import StepDone, StepProgress, StepStarted, Waiting
from hearth_control.plan.model import Plan, Step
from rich.console import Console

pytestmark = pytest.mark.unit

MIB = 1024**2


@pytest.fixture
def plan(world) -> Plan:
    return plan_for(world, look(world))


def draw(board: LiveBoard) -> list[str]:
    file = StringIO()
    Console(file=file, width=100, highlight=False).print(board.draw())
    return [line.rstrip() for line in file.getvalue().splitlines()]


def step_of(plan: Plan, target: str) -> Step:
    return next(step for step in plan.steps if step.target == target)


def test_board_names_wait(output, plan) -> None:
    board = LiveBoard(output, plan, lambda: 4.0)
    store = step_of(plan, "store")
    board.show(StepStarted(step=store))
    board.show(Waiting(step=store, unit="store", why="health: starting (connection refused)"))
    assert draw(board) == [
        "◐ store  starting   health: starting (connection refused)     0 s",
        "○ app    waits      for store",
    ]


def test_narrow_board_keeps_names(output, plan) -> None:
    board = LiveBoard(replace(output, width=48), plan, lambda: 4.0)
    store = step_of(plan, "store")
    board.show(Waiting(step=store, unit="store", why="health: starting (connection refused)"))
    board.show(StepDone(step=step_of(plan, "app"), seconds=0.12))
    first, second = draw(board)
    assert first.startswith("◐ store  starting   health: ")
    assert first.endswith("…     0 s")
    assert second.startswith("● app    ready ")
    assert second.endswith(" 0.1 s")


def test_board_shows_percent(output, plan) -> None:
    board = LiveBoard(output, plan, lambda: 0.0)
    store = step_of(plan, "store")
    board.show(StepProgress(step=store, text="layers", done=50 * MIB, total=200 * MIB))
    assert "━━━━━━━━━━━━━━━━  25 %  50 MB of 200 MB" in draw(board)[0]


def test_long_board_counts_rest(output, plan) -> None:
    store = step_of(plan, "store")
    steps = tuple(replace(store, target=f"unit-{number:03}") for number in range(60))
    board = LiveBoard(output, replace(plan, steps=steps), lambda: 0.0)
    board.show(StepStarted(step=steps[-1]))
    lines = draw(board)
    assert len(lines) < 40
    assert any("◐ unit-059" in line for line in lines)
    assert "more" in lines[-1]
