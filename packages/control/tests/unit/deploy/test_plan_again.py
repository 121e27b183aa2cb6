"""A deploy whose plan is older than the world is planned again, and no more often than that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hearth_control.deploy.held_back import HeldBack
from hearth_control.deploy.situation import look, plan_for
from hearth_control.deploy.up import MAX_PLANS, Deploy
from hearth_control.engine.events import Event, Failure, StepFailed, StepSkipped
from invented_world import InventedWorld

pytestmark = pytest.mark.unit

Fail = Callable[[int], bool]


@pytest.fixture
def world(tmp_path: Path) -> InventedWorld:
    made = InventedWorld(home=tmp_path / "home")
    made.write_env("PRESET=starter\n")
    return made


def deploy_on(
    world: InventedWorld, monkeypatch: pytest.MonkeyPatch, *, fails: Fail, outdated: bool = True
) -> tuple[Deploy, list[int]]:
    """Make a deploy on an engine that refuses the first step in the rounds that `fails` names."""
    real, rounds = world.engine.apply, []

    def apply(_self: object, plan, artifacts, secrets) -> Iterator[Event]:
        rounds.append(len(plan.steps))
        if not fails(len(rounds)):
            yield from real(plan, artifacts, secrets)
            return
        first, *others = plan.steps
        failure = Failure(unit=first.target, summary="taken", outdated=outdated)
        yield StepFailed(step=first, failure=failure)
        for step in others:
            yield StepSkipped(step=step, because=f"`{first.id}` failed")

    monkeypatch.setattr(type(world.engine), "apply", apply)
    situation = look(world)
    plan = plan_for(world, situation)
    deploy = Deploy(world=world, situation=situation, plan=plan, pause=lambda _turn: None)
    return deploy, rounds


def test_outdated_plan_is_made_again(world, monkeypatch) -> None:
    deploy, rounds = deploy_on(world, monkeypatch, fails=lambda turn: turn == 1)
    events = list(deploy.run())
    assert len(rounds) == 2
    assert not [event for event in events if isinstance(event, StepFailed | StepSkipped)]
    assert deploy.outcome.is_whole
    assert set(deploy.outcome.up) == {"app", "store"}


def test_plans_are_bounded(world, monkeypatch) -> None:
    deploy, rounds = deploy_on(world, monkeypatch, fails=lambda _turn: True)
    events = list(deploy.run())
    assert len(rounds) == MAX_PLANS
    assert len([event for event in events if isinstance(event, StepFailed)]) == 1
    assert deploy.outcome.not_up


def test_other_failure_is_told_at_once(world, monkeypatch) -> None:
    deploy, rounds = deploy_on(world, monkeypatch, fails=lambda _turn: True, outdated=False)
    events = list(deploy.run())
    assert rounds == [len(deploy.plan.steps)]
    assert isinstance(events[0], StepFailed)


def test_plan_that_does_not_mend_is_not_taken(world, monkeypatch) -> None:
    deploy, _ = deploy_on(world, monkeypatch, fails=lambda _turn: True)
    before = deploy.plan
    first = before.steps[0]
    failure = Failure(unit=first.target, summary="taken", outdated=True)
    held = HeldBack()
    assert held.takes(StepFailed(step=first, failure=failure))
    assert held.is_mended_by(before, before)
    losing = replace(first, destroys="everything in it")
    assert not held.is_mended_by(replace(before, steps=(losing, *before.steps[1:])), before)
    assert not held.is_mended_by(replace(before, steps=before.steps[1:]), before)
