"""Source, hardware and scale of a chosen service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import builders
import pytest
from builders import GIB, applied, catalog, host, plan, settings
from hearth_control.catalog.model import Hardware, Source, Variable
from hearth_control.engine.observed import Observed
from hearth_control.host.model import Gpu
from hearth_control.plan.model import ContainerUnit, Note, Plan, Severity
from hearth_control.settings.model import EngineName, Mode, ServiceSettings

pytestmark = pytest.mark.unit

CARD = Gpu(vendor="nvidia", name="RTX 4090", vram=24 * GIB, usable=True)
LOCKED = Gpu(
    vendor="nvidia",
    name="RTX 4090",
    vram=24 * GIB,
    usable=False,
    why_not="the container toolkit is missing",
)
MENDABLE = replace(LOCKED, fix="hearth host setup --gpu")
RADEON = Gpu(vendor="amd", name="RX 7900", vram=24 * GIB, usable=True)


def ollama_plan(*gpus: Gpu, **said: Any) -> Plan:
    return plan(said=settings(services={"ollama": "container"}, **said), machine=host(gpus=gpus))


def hardware_of(made: Plan) -> Hardware:
    return next(each.hardware for each in made.services if each.name == "ollama")


def ollama(made: Plan) -> ContainerUnit:
    unit = made.unit("ollama")
    assert isinstance(unit, ContainerUnit)
    return unit


@pytest.mark.parametrize(
    ("gpus", "hardware"),
    [
        pytest.param((), Hardware.CPU, id="none"),
        pytest.param((CARD,), Hardware.NVIDIA, id="nvidia"),
        pytest.param((RADEON,), Hardware.AMD, id="amd"),
        pytest.param((LOCKED, RADEON), Hardware.AMD, id="first-usable"),
        pytest.param((LOCKED,), Hardware.CPU, id="locked"),
    ],
)
def test_automatic_hardware(gpus: tuple[Gpu, ...], hardware: Hardware) -> None:
    assert hardware_of(ollama_plan(*gpus)) is hardware


def pulling(wanted: str, seen: Observed | None = None) -> Plan:
    """Plan a model server whose job waits for a variable."""
    server = builders.ollama()
    main, job = server.containers
    waiting = replace(
        server,
        containers=(main, replace(job, when="OLLAMA_MODEL")),
        variables={"OLLAMA_MODEL": Variable()},
    )
    said = settings(services={"ollama": "container"}, variables={"OLLAMA_MODEL": wanted})
    return plan(catalog(waiting), said=said, seen=seen)


@pytest.mark.parametrize(
    ("wanted", "units"),
    [
        pytest.param("", ["ollama"], id="empty"),
        pytest.param("tiny", ["ollama", "ollama-pull"], id="given"),
    ],
)
def test_when_empty_left_out(wanted: str, units: list[str]) -> None:
    made = pulling(wanted)
    assert [unit.name for unit in made.units] == units
    assert [list(each.units) for each in made.services] == [units]


def test_emptied_variable_removes_job() -> None:
    after = pulling("", applied(pulling("tiny")))
    assert [(step.kind, step.target) for step in after.steps] == [("remove", "ollama-pull")]


def test_variant_spec_laid_over() -> None:
    unit = ollama(ollama_plan(CARD))
    assert unit.spec["devices"] == ["nvidia.com/gpu=all"]
    assert unit.image == "example/ollama:1.2.3"


def test_variant_image() -> None:
    assert ollama(ollama_plan(RADEON)).image == "example/ollama:1.2.3-rocm"


def test_cpu_as_said() -> None:
    assert hardware_of(ollama_plan(CARD, hardware=Hardware.CPU)) is Hardware.CPU


def test_locked_card_note() -> None:
    assert ollama_plan(LOCKED).notes == (
        Note(
            code="gpu-unused",
            severity=Severity.WARNING,
            text="ollama: runs on the CPU, as containers cannot use the RTX 4090:"
            " the container toolkit is missing",
            service="ollama",
            hint="hearth settings set HARDWARE=cpu",
        ),
    )


@pytest.mark.parametrize("hardware", [None, Hardware.NVIDIA], ids=["auto", "nvidia"])
def test_locked_card_note_leads_to_its_fix(hardware: Hardware | None) -> None:
    (note,) = ollama_plan(MENDABLE, hardware=hardware).notes
    assert note.hint == "hearth host setup --gpu"


@pytest.mark.parametrize(
    ("gpus", "why"),
    [((), "this machine has none"), ((LOCKED,), "the container toolkit is missing")],
    ids=["none", "locked"],
)
def test_missing_card_note(gpus: tuple[Gpu, ...], why: str) -> None:
    made = ollama_plan(*gpus, hardware=Hardware.NVIDIA)
    assert made.errors == (
        Note(
            code="gpu-missing",
            severity=Severity.ERROR,
            text=f"ollama: `HARDWARE=nvidia` needs a card that containers can use: {why}",
            service="ollama",
            hint="hearth settings set HARDWARE=cpu",
        ),
    )


@pytest.mark.parametrize(
    ("name", "said", "engine", "text", "hint"),
    [
        pytest.param(
            "ollama",
            ServiceSettings(source=Source.EXTERNAL),
            EngineName.COMPOSE,
            "ollama: is external, and `OLLAMA_URL` is not set",
            "hearth settings set OLLAMA_URL=https://example.org",
            id="external-without-url",
        ),
        pytest.param(
            "qdrant",
            ServiceSettings(source=Source.LOCALHOST),
            EngineName.COMPOSE,
            "qdrant: runs on this host, and its port is not known",
            "hearth settings set QDRANT_PORT=8080",
            id="localhost-without-port",
        ),
        pytest.param(
            "postgres",
            ServiceSettings(source=Source.EMBEDDED),
            EngineName.COMPOSE,
            "postgres: is set to `embedded`, which needs `ENGINE=embedded`",
            "hearth source postgres container",
            id="embedded-on-compose",
        ),
        pytest.param(
            "searxng",
            ServiceSettings(source=Source.EMBEDDED),
            EngineName.EMBEDDED,
            "searxng: cannot run embedded",
            "hearth source searxng container",
            id="not-embeddable",
        ),
        pytest.param(
            "searxng",
            ServiceSettings(source=Source.CONTAINER),
            EngineName.EMBEDDED,
            "searxng: runs as a container, and no Docker is used",
            "hearth settings set ENGINE=compose",
            id="container-on-embedded",
        ),
    ],
)
def test_impossible_source_note(
    name: str, said: ServiceSettings, engine: EngineName, text: str, hint: str
) -> None:
    made = plan(said=settings(services={name: said}, engine=engine))
    assert made.errors[0] == Note(
        code="source-impossible", severity=Severity.ERROR, text=text, service=name, hint=hint
    )


def test_scale_of_stateless() -> None:
    made = plan(said=settings(services={"lambda-worker": scaled(3)}))
    unit = made.unit("lambda-worker")
    assert isinstance(unit, ContainerUnit)
    assert unit.spec["scale"] == 3
    assert made.errors == ()


def test_scale_of_published_note() -> None:
    made = plan(said=settings(services={"lambda-server": scaled(2)}))
    assert made.errors == (
        Note(
            code="scale-published",
            severity=Severity.ERROR,
            text="lambda-server: `LAMBDA_SERVER_SCALE=2` cannot be, as only one can have the port"
            " 63050",
            service="lambda-server",
            hint="hearth enable caddy",
        ),
    )
    behind = settings(services={"lambda-server": scaled(2)}, mode=Mode.PUBLIC)
    assert plan(said=behind).errors == ()


def test_gateway_balances_several() -> None:
    services = {"lambda-server": scaled(3), "caddy": "container"}
    made = plan(said=settings(services=services, base_port=20000))
    assert made.errors == ()
    assert {each.service for each in made.published} == {"caddy", "postgres"}
    assert made.gateway is not None
    assert [route.replicas for route in made.gateway.routes] == [3]
    urls = {each.name: each.url for each in made.services}
    assert urls["lambda-server"] == "http://app.localhost:20000"


def test_more_replicas_leave_gateway_alone() -> None:
    def door(count: int) -> str:
        services = {"lambda-server": scaled(count), "caddy": "container"}
        unit = plan(said=settings(services=services)).unit("caddy")
        assert unit is not None
        return unit.hash

    assert door(1) != door(2) == door(3)


def test_scale_of_named_port_note() -> None:
    named = ServiceSettings(source=Source.CONTAINER, scale=2, port=7000)
    made = plan(said=settings(services={"lambda-server": named, "caddy": "container"}))
    assert [(note.code, note.hint) for note in made.errors] == [
        ("scale-published", "hearth settings set LAMBDA_SERVER_SCALE=1")
    ]


def test_scale_of_stateful_note() -> None:
    made = plan(said=settings(services={"n8n": scaled(3)}))
    assert made.errors == (
        Note(
            code="scale-impossible",
            severity=Severity.ERROR,
            text="n8n: `N8N_SCALE=3` cannot be, as it keeps state of its own",
            service="n8n",
            hint="hearth settings set N8N_SCALE=1",
        ),
    )


def scaled(count: int) -> ServiceSettings:
    return ServiceSettings(source=Source.CONTAINER, scale=count)


def absent_note(severity: Severity) -> Note:
    return Note(
        code="not-in-version",
        severity=severity,
        text="bot: is not in this version, which has no `docker/bot.Dockerfile`",
        service="bot",
        hint="hearth disable bot",
    )


BOT = builders.service("bot", absent=("docker/bot.Dockerfile",))


def test_absent_is_refused_when_named() -> None:
    made = plan(catalog(BOT), said=settings(services={"bot": "container"}))
    assert absent_note(Severity.ERROR) in made.notes
    assert made.units == ()


def test_absent_of_preset_is_left_out() -> None:
    made = plan(catalog(BOT, presets={"mine": ("bot",)}), said=settings(preset="mine"))
    assert absent_note(Severity.INFO) in made.notes
    assert made.services == ()


def test_absent_provider_is_told() -> None:
    offers = {"talk": builders.Offer(url="http://bot:1")}
    needing = builders.service("app", needs={"talk": builders.Need()})
    made = plan(
        catalog(replace(BOT, offers=offers), needing), said=settings(services={"app": "container"})
    )
    assert "app: needs `talk`, and `bot` is not in this version" in {n.text for n in made.notes}


def test_absent_elsewhere_is_no_matter() -> None:
    elsewhere = {"bot": ServiceSettings(source=Source.EXTERNAL, url="http://nas:1")}
    made = plan(catalog(BOT), said=settings(services=elsewhere))
    assert "not-in-version" not in {note.code for note in made.notes}
