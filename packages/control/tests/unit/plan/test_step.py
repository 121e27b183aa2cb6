"""From what is to what will be, one step a change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders import applied, catalog, change_unit, observed, plan, service, settings
from hearth_control.catalog.model import Source
from hearth_control.engine.observed import Observed, ObservedUnit, State
from hearth_control.plan.lint import lint
from hearth_control.plan.model import Plan, Step, StepKind
from hearth_control.settings.model import EngineName, ServiceSettings

pytestmark = pytest.mark.unit

N8N = settings(services={"n8n": "container"})


def after(change: Any = None, **unit: Any) -> Plan:
    """Plan n8n again after a good apply in which units then changed."""
    seen = applied(plan(said=N8N))
    for name, changes in unit.items():
        seen = change_unit(seen, name.replace("_", "-"), **changes)
    return checked(plan(said=change or N8N, seen=seen))


def checked(made: Plan) -> Plan:
    assert lint(made) == ()
    return made


def lines(made: Plan) -> list[tuple[str, str]]:
    return [(step.id, step.cause) for step in made.steps]


def test_first_time_order() -> None:
    made = checked(plan(said=settings(services={"qdrant": "container"})))
    assert made.steps == (
        Step(
            kind=StepKind.NETWORK,
            target="hearth-sealed-qdrant",
            cause="to qdrant: qdrant",
        ),
        Step(
            kind=StepKind.PULL,
            target="example/qdrant:1.2.3",
            cause="qdrant runs on it, and it is not on this machine",
            service="qdrant",
        ),
        Step(
            kind=StepKind.CREATE,
            target="qdrant",
            cause="you turned it on",
            service="qdrant",
            needs=("network hearth-sealed-qdrant", "pull example/qdrant:1.2.3"),
        ),
    )


def test_consumer_waits_for_provider_and_job() -> None:
    made = checked(plan(said=N8N, seen=observed(images=images())))
    create = next(step for step in made.steps if step.id == "create n8n")
    assert create.needs[-2:] == ("create postgres", "run postgres-provision")


def images() -> tuple[str, ...]:
    return tuple(
        f"example/{name}:1.2.3" for name in ("n8n", "postgres", "postgres-provision", "qdrant")
    )


def test_second_time_does_nothing() -> None:
    made = after()
    assert made.is_noop
    assert made.unchanged == ("postgres", "postgres-provision", "n8n")


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        pytest.param(
            {"state": State.EXITED, "exit_code": 3},
            ("start n8n", "it exited with code 3"),
            id="exited",
        ),
        pytest.param(
            {"state": State.EXITED, "exit_code": 137, "oom": True},
            ("start n8n", "it ran out of memory"),
            id="oom",
        ),
        pytest.param({"state": State.STOPPED}, ("start n8n", "it is stopped"), id="stopped"),
        pytest.param(
            {"state": State.RESTARTING}, ("start n8n", "it keeps ending"), id="crash-loop"
        ),
        pytest.param({"hash": "odd"}, ("recreate n8n", "its settings changed"), id="foreign-hash"),
        pytest.param({"state": State.MISSING}, ("create n8n", "you turned it on"), id="missing"),
    ],
)
def test_unit_changes(seen: dict[str, Any], line: tuple[str, str]) -> None:
    assert lines(after(n8n=seen)) == [line]


def test_starting_unit_is_left() -> None:
    assert after(n8n={"state": State.STARTING}).is_noop


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        ({"exit_code": 2}, "it failed with exit code 2"),
        ({"state": State.RUNNING, "exit_code": None}, "it has not finished"),
    ],
    ids=["failed", "unfinished"],
)
def test_job_runs_again(seen: dict[str, Any], cause: str) -> None:
    assert lines(after(postgres_provision=seen)) == [("run postgres-provision", cause)]


def test_memory_changes_limits() -> None:
    said = ServiceSettings(source=Source.CONTAINER, memory=1 << 30)
    assert lines(after(settings(services={"n8n": said}))) == [("recreate n8n", "changed: limits")]


def test_image_change_is_named() -> None:
    seen = applied(plan(said=N8N))
    world = catalog(
        *(
            replace(each, containers=(newer(each),)) if each.name == "n8n" else each
            for each in small()
        )
    )
    made = checked(plan(world, said=N8N, seen=seen))
    assert lines(made)[-1] == (
        "recreate n8n",
        "changed: image example/n8n:1.2.3 → example/n8n:1.2.4",
    )
    assert lines(made)[0][0] == "pull example/n8n:1.2.4"


def small() -> tuple[Any, ...]:
    from builders import small_catalog

    return tuple(small_catalog().services.values())


def newer(each: Any) -> Any:
    first = each.containers[0]
    return replace(first, spec={**first.spec, "image": "example/n8n:1.2.4"})


def test_new_consumer_provisions() -> None:
    made = after(settings(services={"n8n": "container", "lambda-server": "container"}))
    assert [name for name, _cause in lines(made)] == [
        "network hearth-sealed-lambda-server",
        "build hearth/lambda-server:0.1.0",
        "run postgres-provision",
        "create lambda-server",
    ]


def test_new_password_provisions() -> None:
    marks = {key: f"mark-{key}" for key in plan(said=N8N).secrets}
    seen = applied(plan(said=N8N))
    made = plan(said=N8N, seen=seen, fingerprints={**marks, "n8n_db_n8n": "rotated"})
    assert lines(made) == [
        ("run postgres-provision", "changed: secrets"),
        ("recreate n8n", "changed: secrets"),
    ]


def test_removed_service() -> None:
    made = after(settings(services={"postgres": "container"}))
    assert ("remove n8n", "nothing asks for it any more; its volumes stay") in lines(made)
    assert made.steps[-1].id == "remove hearth-role-postgres"
    assert made.steps[-1].needs[0] == "remove n8n"
    assert all(step.destroys is None for step in made.steps)


def test_unknown_unit_destroys() -> None:
    stranger = ObservedUnit(name="old", service="gone", state=State.RUNNING, hash="x")
    made = checked(plan(said=settings(), seen=observed(units=(stranger,))))
    assert made.steps == (
        Step(
            kind=StepKind.REMOVE,
            target="old",
            cause="not in the catalog",
            service="gone",
            destroys="whatever `old` kept outside volumes",
        ),
    )


def test_scale_changes() -> None:
    def workers(count: int) -> Any:
        said = ServiceSettings(source=Source.CONTAINER, scale=count)
        return settings(services={"lambda-worker": said})

    first = plan(said=workers(1))
    made = checked(plan(said=workers(3), seen=applied(first)))
    assert lines(made) == [("start lambda-worker", "scale 1 → 3")]
    seen = with_replicas(applied(first), "lambda-worker", 3)
    assert plan(said=workers(3), seen=seen).is_noop
    assert lines(plan(said=workers(1), seen=seen)) == [("start lambda-worker", "scale 3 → 1")]


def with_replicas(seen: Observed, name: str, count: int) -> Observed:
    unit = seen.unit(name)
    assert unit is not None
    more = tuple(replace(unit, replica=number) for number in range(2, count + 1))
    return replace(seen, units=(*seen.units, *more))


def test_shared_image_is_pulled_once() -> None:
    twins = tuple(service(name, spec={"image": "example/one:1"}) for name in ("a", "b"))
    made = plan(catalog(*twins), said=settings(services=dict.fromkeys("ab", "container")))
    assert [step.id for step in made.steps] == ["pull example/one:1", "create a", "create b"]


def test_embedded_steps() -> None:
    made = checked(plan(said=settings(preset="starter", engine=EngineName.EMBEDDED)))
    assert lines(made) == [
        ("create postgres", "lambda-server needs postgres"),
        ("create lambda-server", "preset starter"),
        ("create lambda-worker", "preset starter"),
    ]
    assert made.steps[-1].needs == ("create postgres", "create lambda-server")
