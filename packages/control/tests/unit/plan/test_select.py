"""What is on, why, and what is said when it cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from builders import catalog, ollama, plan, service, settings, small_catalog
from hearth_control.catalog.model import Need, Offer, Source, Variable
from hearth_control.plan.model import Note, Plan, Severity
from hearth_control.plan.select import Loss, Selection, losers, select
from hearth_control.settings.model import EngineName, Mode, ServiceSettings

pytestmark = pytest.mark.unit


def chosen(**said: Any) -> Selection:
    return select(small_catalog(), settings(**said))


def only_note(selection: Selection) -> Note:
    assert len(selection.notes) == 1, selection.notes
    return selection.notes[0]


def test_nothing_is_on() -> None:
    assert chosen() == Selection(causes={}, serving={}, notes=())


def test_preset_pulls_needs() -> None:
    assert chosen(preset="starter").causes == {
        "postgres": "lambda-server needs postgres",
        "ollama": "preset starter",
        "searxng": "preset starter",
        "lambda-server": "preset starter",
        "lambda-worker": "preset starter",
    }


def test_named_service_on() -> None:
    selection = chosen(services={"n8n": "container"})
    assert selection.causes == {"postgres": "n8n needs postgres", "n8n": "you turned it on"}
    assert selection.serving == {"postgres": "postgres", "workflows": "n8n"}


def test_disabled_leaves_preset() -> None:
    selection = chosen(preset="starter", services={"searxng": "disabled"})
    assert "searxng" not in selection.causes
    assert selection.notes == ()


def test_sharing_pulls_owner() -> None:
    selection = chosen(services={"lambda-worker": "container"})
    assert selection.causes["lambda-server"] == "lambda-worker shares its database"


def test_provider_that_is_on() -> None:
    first, second = provider("vector-a"), provider("vector-b")
    asking = service("asker", needs={"vectors": Need()})
    world = catalog(first, second, asking)
    assert select(world, settings(services={"asker": "container"})).serving["vectors"] == "vector-a"
    on = settings(services={"asker": "container", "vector-b": "container"})
    selection = select(world, on)
    assert selection.serving["vectors"] == "vector-b"
    assert "vector-a" not in selection.causes


def test_provider_as_said() -> None:
    asking = service("asker", needs={"vectors": Need()})
    world = catalog(provider("vector-a"), provider("vector-b"), asking)
    said = settings(
        services={"asker": "container", "vector-a": "container"},
        providers={"vectors": "vector-b"},
    )
    selection = select(world, said)
    assert selection.serving["vectors"] == "vector-b"
    assert selection.causes["vector-b"] == "asker needs vectors"


def test_wanted_role_pulls_nothing() -> None:
    assert "ollama" not in chosen(services={"n8n": "container"}).causes


def test_elsewhere_needs_nothing() -> None:
    said = {"n8n": ServiceSettings(source=Source.EXTERNAL, url="https://n8n.example.org")}
    assert list(chosen(services=said).causes) == ["n8n"]


def test_public_mode_needs_gateway() -> None:
    assert chosen(mode=Mode.PUBLIC).causes == {"caddy": "MODE=public needs it"}


def provider(name: str) -> Any:
    return service(name, "01-data", offers={"vectors": Offer(url=f"http://{name}:6333")})


def error(code: str, text: str, hint: str, name: str | None = None) -> Note:
    return Note(code=code, severity=Severity.ERROR, text=text, hint=hint, service=name)


def test_unknown_preset_note() -> None:
    assert only_note(chosen(preset="startr")) == error(
        "unknown-preset",
        "PRESET: there is no preset `startr`",
        "hearth settings set PRESET=starter",
    )


def test_unknown_member_note() -> None:
    world = catalog(ollama(), presets={"odd": ("ollama", "gone")})
    assert only_note(select(world, settings(preset="odd"))) == error(
        "unknown-service", "preset odd: there is no service `gone`", "hearth services"
    )


def test_disabled_provider_note() -> None:
    selection = chosen(services={"n8n": "container", "postgres": "disabled"})
    assert only_note(selection) == error(
        "no-provider",
        "n8n: needs `postgres`, and `postgres` is turned off",
        "hearth enable postgres",
        "n8n",
    )


def test_no_provider_note() -> None:
    world = catalog(service("asker", needs={"moon": Need()}))
    assert only_note(select(world, settings(services={"asker": "container"}))) == error(
        "no-provider",
        "asker: needs `moon`, which no service offers",
        "hearth disable asker",
        "asker",
    )


def test_wrong_provider_note() -> None:
    selection = chosen(services={"n8n": "container"}, providers={"postgres": "qdrant"})
    assert only_note(selection) == error(
        "wrong-provider",
        "POSTGRES_PROVIDER: `qdrant` does not offer `postgres`",
        "hearth settings set POSTGRES_PROVIDER=postgres",
    )


def test_provider_off_note() -> None:
    world = catalog(
        provider("vector-a"), provider("vector-b"), service("asker", wants={"vectors": Need()})
    )
    said = settings(
        services={"asker": "container", "vector-a": "container"},
        providers={"vectors": "vector-b"},
    )
    selection = select(world, said)
    assert selection.serving["vectors"] == "vector-a"
    assert only_note(selection) == Note(
        code="provider-off",
        severity=Severity.WARNING,
        text="VECTORS_PROVIDER: `vector-b` is not on, so `vector-a` serves `vectors`",
        service="vector-b",
        hint="hearth enable vector-b",
    )


def test_cycle_note() -> None:
    world = catalog(
        service("hen", needs={"egg": Need()}, offers={"hen": Offer(url="http://hen:1")}),
        service("egg", needs={"shell": Need()}, offers={"egg": Offer(url="http://egg:1")}),
        service("shell", needs={"hen": Need()}, offers={"shell": Offer(url="http://shell:1")}),
    )
    assert only_note(select(world, settings(services={"hen": "container"}))) == error(
        "need-cycle",
        "hen: needs itself: hen → egg → shell → hen",
        "hearth disable shell",
        "hen",
    )


def test_left_out_note() -> None:
    selection = chosen(preset="starter", engine=EngineName.EMBEDDED)
    assert list(selection.causes) == ["postgres", "lambda-server", "lambda-worker"]
    assert selection.notes[0] == Note(
        code="left-out",
        severity=Severity.INFO,
        text="ollama: left out, as it runs as a container and no Docker is used",
        service="ollama",
        hint="hearth settings set ENGINE=compose",
    )


def test_provider_needs_docker_note() -> None:
    asking = service(
        "asker", needs={"llm": Need()}, embedded=small_catalog().services["lambda-worker"].embedded
    )
    world = catalog(ollama(), asking)
    said = settings(engine=EngineName.EMBEDDED, services={"asker": "embedded"})
    assert only_note(select(world, said)) == error(
        "no-provider",
        "asker: needs `llm`, and `ollama` runs as a container and no Docker is used",
        "hearth source ollama localhost",
        "asker",
    )


def test_tunnel_without_service_note() -> None:
    assert only_note(chosen(mode=Mode.TUNNEL)) == error(
        "no-gateway",
        "MODE: `tunnel` needs the service `cloudflared`, which cannot run here",
        "hearth settings set MODE=private",
    )


def test_losers_of_store() -> None:
    said = settings(preset="starter", services={"n8n": "container"})
    assert losers(small_catalog(), said, "postgres") == (
        Loss(service="n8n", role="postgres", required=True),
        Loss(service="lambda-server", role="postgres", required=True),
        Loss(service="lambda-worker", role="postgres", required=True),
    )


def test_losers_of_wanted() -> None:
    said = settings(services={"n8n": "container", "ollama": "container"})
    assert losers(small_catalog(), said, "ollama") == (
        Loss(service="n8n", role="llm", required=False),
    )


def test_loser_has_stand_in() -> None:
    world = catalog(
        provider("vector-a"), provider("vector-b"), service("asker", needs={"vectors": Need()})
    )
    on = dict.fromkeys(("asker", "vector-a", "vector-b"), "container")
    assert losers(world, settings(services=on), "vector-a") == (
        Loss(service="asker", role="vectors", required=True, instead="vector-b"),
    )


def test_nobody_loses() -> None:
    assert losers(small_catalog(), settings(preset="starter"), "searxng") == ()


def queueing(mode: str) -> Plan:
    """Plan an app that needs a queue while a variable says so."""
    app = service("app", needs={"queue": Need(when="APP_MODE")}, variables={"APP_MODE": Variable()})
    queue = service("queue", offers={"queue": Offer(url="http://queue:1")})
    said = settings(services={"app": "container"}, variables={"APP_MODE": mode})
    return plan(catalog(queue, app), said=said)


def test_need_waits_for_variable() -> None:
    assert [each.name for each in queueing("").services] == ["app"]
    made = queueing("many")
    assert {each.name: each.cause for each in made.services} == {
        "queue": "app needs queue",
        "app": "you turned it on",
    }
    assert made.unit("app").needs == ("queue",)
