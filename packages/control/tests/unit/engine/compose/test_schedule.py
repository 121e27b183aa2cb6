from __future__ import annotations

import pytest
from hearth_control.engine.compose.schedule import Schedule, leaned_on
from hearth_control.plan.model import ContainerUnit, Network, Plan, Step, StepKind
from hearth_control.settings.model import EngineName

pytestmark = pytest.mark.unit


def step(kind: StepKind, target: str, *needs: str) -> Step:
    return Step(kind=kind, target=target, cause="asked", needs=needs)


def plan(*steps: Step, needs: dict[str, tuple[str, ...]] | None = None, nets: tuple = ()) -> Plan:
    units = tuple(
        ContainerUnit(name=name, service=name, spec={}, hash="h", image="i", needs=wanted)
        for name, wanted in (needs or {}).items()
    )
    return Plan(
        project="p",
        engine=EngineName.COMPOSE,
        services=(),
        units=units,
        wires=(),
        published=(),
        networks=nets,
        databases=(),
        volumes={},
        secrets=(),
        configs={},
        steps=steps,
        notes=(),
    )


PULL = step(StepKind.PULL, "image")
BASE = step(StepKind.CREATE, "base", "pull image")
USER = step(StepKind.CREATE, "user", "create base")
OLD = step(StepKind.REMOVE, "old", "create user")


def ids(steps: tuple[Step, ...]) -> list[str]:
    return [one.id for one in steps]


def test_ready_follows_needs() -> None:
    schedule = Schedule(plan(PULL, BASE, USER))
    assert ids(schedule.ready()) == ["pull image"]
    schedule.begin(PULL)
    assert schedule.ready() == ()
    schedule.finish(PULL)
    assert ids(schedule.ready()) == ["create base"]


def test_longest_chain_comes_first() -> None:
    alone = step(StepKind.CREATE, "alone")
    head, middle = step(StepKind.CREATE, "head"), step(StepKind.CREATE, "middle", "create head")
    end = step(StepKind.CREATE, "end", "create middle")
    short = step(StepKind.CREATE, "short")
    after = step(StepKind.CREATE, "after", "create short")
    schedule = Schedule(plan(alone, short, after, head, middle, end))
    assert ids(schedule.ready()) == ["create head", "create short", "create alone"]


def test_unit_needs_count_too() -> None:
    free = step(StepKind.CREATE, "user")
    base = step(StepKind.CREATE, "base")
    schedule = Schedule(plan(free, base, needs={"user": ("base",), "base": ()}))
    assert ids(schedule.ready()) == ["create base"]


def test_units_without_step_are_leaned_on() -> None:
    needs = {"user": ("base", "job"), "job": ("base",), "base": (), "idle": ("other",)}
    made = plan(step(StepKind.CREATE, "user"), step(StepKind.RUN, "job"), needs=needs)
    assert leaned_on(made) == ("base",)


def test_unknown_needs_are_met() -> None:
    assert ids(Schedule(plan(step(StepKind.CREATE, "a", "create gone"))).ready()) == ["create a"]


def test_lost_step_takes_its_followers() -> None:
    schedule = Schedule(plan(PULL, BASE, USER, step(StepKind.CREATE, "free")))
    lost = schedule.lose(PULL)
    assert [(gone.id, cause.id) for gone, cause in lost] == [
        ("create base", "pull image"),
        ("create user", "create base"),
    ]
    assert ids(schedule.ready()) == ["create free"]
    assert not schedule.is_over


def test_prepared_ignores_what_comes_after() -> None:
    schedule = Schedule(plan(PULL, BASE, USER, OLD))
    assert not schedule.is_prepared
    schedule.finish(PULL)
    assert schedule.is_prepared
    assert ids(schedule.starting()) == ["create base", "create user"]


def test_networks_come_before_containers() -> None:
    net = Network(name="p-lan", role="lan", internal=True, members=("base",))
    make = step(StepKind.NETWORK, "p-lan")
    schedule = Schedule(plan(make, step(StepKind.CREATE, "base", make.id), nets=(net,)))
    assert not schedule.is_prepared
    schedule.begin(make)
    assert schedule.ready() == ()
    schedule.finish(make)
    assert schedule.is_prepared
    assert ids(schedule.ready()) == ["create base"]


def test_empty_schedule_is_over() -> None:
    assert Schedule(plan()).is_over
