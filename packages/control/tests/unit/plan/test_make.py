"""Whole plans: what holds of every one of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from builders import (
    ROOT,
    applied,
    catalog,
    plan,
    postgres,
    service,
    settings,
    small_catalog,
)
from hearth_control.catalog.model import Hardware, Source
from hearth_control.engine.memory.adapter import MemoryEngine
from hearth_control.plan.lint import lint
from hearth_control.plan.model import ContainerUnit, Plan, ProcessUnit
from hearth_control.plan.show import as_dict, show
from hearth_control.render.compose import render_compose
from hearth_control.settings.model import EngineName, Mode, Networks, ServiceSettings
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

NAMES = tuple(small_catalog().services)
CHOICES = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from(("container", "localhost", "disabled")), max_size=8
)
SAID = st.builds(
    lambda services, preset, networks, mode: settings(
        services=services, preset=preset, networks=networks, mode=mode, domain="example.org"
    ),
    CHOICES,
    st.sampled_from((None, "starter")),
    st.sampled_from(tuple(Networks)),
    st.sampled_from((Mode.PRIVATE, Mode.PUBLIC)),
)


@given(SAID)
@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_choice_settles(said: Any) -> None:
    """A plan over its own result does nothing, whatever was chosen."""
    first = plan(said=said)
    assert lint(first) == ()
    second = plan(said=said, seen=applied(first))
    assert second.is_noop, show(second)
    assert set(second.unchanged) == {unit.name for unit in first.units}


@given(SAID, SAID)
@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_change_settles(before: Any, after: Any) -> None:
    """From any state to any other, and then nothing, on an engine of values."""
    engine = MemoryEngine(project="hearth", name=EngineName.COMPOSE)
    for said in (before, after):
        made = plan(said=said, seen=seen_by(engine))
        assert lint(made) == ()
        list(engine.apply(made, render_compose(made), {}))
        again = plan(said=said, seen=seen_by(engine))
        # What the memory engine does not know: networks of others.
        assert [step for step in again.steps if step.target != "ai-network"] == [], show(again)


def seen_by(engine: MemoryEngine) -> Any:
    networks = {name: net for name, net in engine.networks.items() if name != "ai-network"}
    return replace(engine.observe(), networks=networks)


@given(CHOICES)
@example({"n8n": "container"})
@hypothesis_settings(deadline=None)
def test_plan_is_same_twice(services: dict[str, str]) -> None:
    said = settings(services=services)
    assert plan(said=said) == plan(said=said)


def test_missing_secrets_are_named() -> None:
    made = plan(said=settings(services={"n8n": "container"}), fingerprints={})
    assert made.missing_secrets == ("n8n_db_n8n", "n8n_encryption_key", "postgres_admin")
    assert made.secrets == made.missing_secrets


def test_fingerprints_change_hashes() -> None:
    said = settings(services={"qdrant": "container"})
    one = plan(said=said, fingerprints={"qdrant_api_key": "a"})
    two = plan(said=said, fingerprints={"qdrant_api_key": "b"})
    assert one.units[0].hash != two.units[0].hash


def test_secret_goes_to_one_container() -> None:
    made = plan(said=settings(services={"n8n": "container", "qdrant": "container"}))
    holders = [unit.name for unit in made.units for use in unit.secrets if "qdrant" in use.key]
    assert holders == ["qdrant"]


def test_database_roles() -> None:
    made = plan(said=settings(preset="starter"))
    assert [(each.name, each.roles, each.extensions) for each in made.databases] == [
        (
            "hearth",
            (
                ("hearth_owner", "lambda-server_db_hearth_owner"),
                ("hearth_app", "lambda-server_db_hearth_app"),
            ),
            ("vector",),
        )
    ]


def test_sharing_uses_owner_password() -> None:
    made = plan(said=settings(preset="starter"))
    url = spec(made, "lambda-worker")["environment"]["HEARTH_DATABASE_URL"]
    assert url == "postgresql://hearth_app:${LAMBDA_SERVER_DB_HEARTH_APP__URL}@postgres/hearth"
    assert "lambda-server" in unit(made, "lambda-worker").needs


def test_build_context_is_absolute() -> None:
    made = plan(said=settings(services={"lambda-server": "container"}))
    assert spec(made, "lambda-server")["build"] == {
        "context": str(ROOT),
        "dockerfile": "docker/lambda-server.Dockerfile",
        "labels": {"hearth.built": "true"},
    }


def test_own_files_are_rendered() -> None:
    made = plan(said=settings(services={"searxng": "container"}))
    assert spec(made, "searxng")["volumes"] == [
        "./configs/searxng/settings.yml:/etc/searxng/settings.yml:ro"
    ]
    assert made.configs == {"configs/searxng/settings.yml": "use_default_settings: true\n"}


def test_changed_file_recreates() -> None:
    said = settings(services={"searxng": "container"})
    world = small_catalog()
    other = replace(world.services["searxng"], configs={"settings.yml": "other\n"})
    changed = replace(world, services={**world.services, "searxng": other})
    made = plan(changed, said=said, seen=applied(plan(said=said)))
    assert [(step.id, step.cause) for step in made.steps] == [
        ("recreate searxng", "changed: files")
    ]


def test_gateway_routes() -> None:
    said = settings(services={"n8n": "container"}, mode=Mode.PUBLIC, domain="example.org")
    made = plan(said=said)
    assert made.gateway is not None
    assert [(route.host, route.upstream) for route in made.gateway.routes] == [
        ("n8n.example.org", "n8n:5678")
    ]


def test_new_route_recreates_gateway() -> None:
    said = settings(services={"n8n": "container", "caddy": "container"})
    more = settings(
        services={"n8n": "container", "caddy": "container", "lambda-server": "container"}
    )
    made = plan(said=more, seen=applied(plan(said=said)))
    assert ("recreate caddy", "changed: networks, files") in [
        (step.id, step.cause) for step in made.steps
    ]


def test_embedded_units() -> None:
    made = plan(said=settings(preset="starter", engine=EngineName.EMBEDDED))
    store, server, worker = made.units
    assert isinstance(store, ProcessUnit)
    assert (store.builtin, store.port) == ("postgres", 63010)
    assert isinstance(server, ProcessUnit)
    assert server.environment["HEARTH_DATABASE_URL"] == (
        "postgresql://hearth_app:${LAMBDA_SERVER_DB_HEARTH_APP__URL}@127.0.0.1/hearth"
    )
    assert (server.port, server.needs) == (63050, ("postgres",))
    assert (worker.name, worker.needs) == ("lambda-worker", ("postgres", "lambda-server"))
    assert made.networks == ()


def test_embedded_settles() -> None:
    said = settings(preset="starter", engine=EngineName.EMBEDDED)
    assert plan(said=said, seen=applied(plan(said=said))).is_noop


def test_new_database_leaves_embedded_store() -> None:
    said = settings(services={"postgres": "embedded"}, engine=EngineName.EMBEDDED)
    more = settings(preset="starter", engine=EngineName.EMBEDDED)
    made = plan(said=more, seen=applied(plan(said=said)))
    assert "postgres" in made.unchanged


def test_database_elsewhere_note() -> None:
    said = settings(services={"n8n": "container", "postgres": "localhost"})
    made = plan(said=said)
    texts = [note.text for note in made.notes]
    assert texts == [
        "n8n: `postgres` is not run by Hearth; it needs the database `n8n` with the roles `n8n`",
        (
            "n8n: reaches `postgres` at `postgresql://host.docker.internal:5432`; it must listen on"
            " more than 127.0.0.1"
        ),
    ]
    assert made.databases == ()


def test_bad_variable_note() -> None:
    world = catalog(service("odd", spec={"environment": {"A": "${NOWHERE}"}}))
    made = plan(world, said=settings(services={"odd": "container"}))
    assert [note.text for note in made.errors] == [
        (
            "catalog/03-apps/odd/compose.yaml: services.odd:"
            " `NOWHERE` is no variable that this service may use"
        )
    ]


def test_environment_is_never_the_callers() -> None:
    listed = service("listed", spec={"environment": ["A=1", "HOME", "B=x=y"]})
    mapped = service("mapped", spec={"environment": {"A": None, "B": True, "C": 3}})
    made = plan(
        catalog(listed, mapped),
        said=settings(services=dict.fromkeys(("listed", "mapped"), "container")),
    )
    assert spec(made, "listed")["environment"] == {"A": "1", "B": "x=y"}
    assert spec(made, "mapped")["environment"] == {"B": "true", "C": 3}


def test_plan_is_json() -> None:
    made = plan(said=settings(preset="starter", services={"n8n": "container"}))
    data = json.loads(json.dumps(as_dict(made)))
    assert data["steps"][0]["id"] == made.steps[0].id
    assert data["noop"] is False


def test_own_network_name_in_spec() -> None:
    world = catalog(service("odd", spec={"network_mode": "host"}), postgres())
    made = plan(world, said=settings(services={"odd": "container"}))
    assert "networks" not in spec(made, "odd")


def unit(made: Plan, name: str) -> ContainerUnit:
    found = made.unit(name)
    assert isinstance(found, ContainerUnit)
    return found


def spec(made: Plan, name: str) -> dict[str, Any]:
    return dict(unit(made, name).spec)


ANY_SAID = st.builds(
    lambda services, urls, providers, **rest: settings(
        services={
            name: ServiceSettings(
                source=source,
                url="https://example.org" if name in urls else None,
                port=7000 if name in urls else None,
                scale=2 if name in urls else None,
            )
            for name, source in services.items()
        },
        providers=providers,
        **rest,
    ),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(tuple(Source))),
    st.sets(st.sampled_from(NAMES)),
    st.dictionaries(st.sampled_from(("postgres", "llm", "vectors")), st.sampled_from(NAMES)),
    engine=st.sampled_from((EngineName.COMPOSE, EngineName.EMBEDDED)),
    mode=st.sampled_from(tuple(Mode)),
    hardware=st.sampled_from((None, *Hardware)),
    preset=st.sampled_from((None, "starter", "gone")),
)


@given(ANY_SAID)
@hypothesis_settings(deadline=None)
def test_bad_world_gives_notes(said: Any) -> None:
    """Whatever is said, a plan comes out; what cannot be is a note with a command that fixes it."""
    made = plan(said=said)
    assert [note for note in made.notes if not note.hint or not note.text] == []
    assert [finding for finding in lint(made) if finding.code.startswith(("step", "unit"))] == []
    assert show(made).endswith("\n")
