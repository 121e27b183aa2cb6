"""Whether the models that were chosen fit, and which smaller ones would."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import GIB, catalog, container, host, plan, service, settings
from hearth_control.catalog.model import Hardware, Memory, Service, Source, Variable, Variant
from hearth_control.host.model import Gpu, Host
from hearth_control.plan.model import Note, Severity
from hearth_control.plan.models import Chosen, fitting, smaller_ones
from hearth_control.settings.model import ServiceSettings

pytestmark = pytest.mark.unit

SIZES = {"qwen3": {"4b": 2 * GIB, "8b": 5 * GIB, "latest": 5 * GIB, "14b": 10 * GIB}}
PULL = Variable(about="x", models={**SIZES, "embed": {"latest": GIB}})


def models(limit: int = 64 * GIB) -> Service:
    variants = {Hardware.NVIDIA: Variant(vram=4 * GIB)}
    memory = Memory(typical=GIB, limit=limit)
    box = container("models", variants=variants, memory=memory)
    return service("models", containers=(box,), variables={"PULL": PULL})


def paint() -> Service:
    variants = {Hardware.NVIDIA: Variant(vram=8 * GIB)}
    box = container("paint", variants=variants, memory=Memory(typical=1, limit=GIB))
    return service("paint", containers=(box,))


def told(value: str, machine: Host, *services: Service, **said: ServiceSettings) -> list[Note]:
    on = {one.name: "container" for one in services} | said
    made = plan(
        catalog(*services),
        said=settings(services=on, variables={"PULL": value}),
        machine=machine,
    )
    return list(made.notes)


def warning(code: str, text: str, hint: str) -> Note:
    return Note(code=code, severity=Severity.WARNING, text=text, service="models", hint=hint)


def card(size: int) -> Host:
    return host(gpus=(Gpu(vendor="nvidia", name="RTX", vram=size * GIB, usable=True),))


@pytest.mark.parametrize(
    ("value", "there", "instead"),
    [
        pytest.param("qwen3:14b", 12, None, id="fits exactly"),
        pytest.param("qwen3:14b", 11, "qwen3:8b", id="the next smaller"),
        pytest.param("qwen3:14b", 5, "qwen3:4b", id="a smaller still"),
        pytest.param("qwen3", 5, "qwen3:4b", id="a tag that is not written"),
        pytest.param("embed, qwen3:14b", 11, "embed,qwen3:8b", id="others stay"),
        pytest.param("qwen3:14b,qwen3:8b", 11, "qwen3:8b", id="none twice"),
        pytest.param("own:70b", 4, None, id="size that nobody knows"),
    ],
)
def test_smaller_model_of_the_family_is_proposed(
    value: str, there: int, instead: str | None
) -> None:
    notes = told(value, card(there), models())
    assert [one.hint for one in notes] == (
        [f"hearth settings set PULL={instead}"] if instead else []
    )


def test_models_and_others_share_a_card() -> None:
    assert told("qwen3:8b", card(12), models(), paint()) == [
        warning(
            "vram-short",
            "graphics memory: `models` with `qwen3:8b` 6.0 GiB, `paint` 8.0 GiB are more than the"
            " 12.0 GiB that there are; with `qwen3:4b` it fits",
            "hearth settings set PULL=qwen3:4b",
        )
    ]


def test_fewer_services_are_proposed_where_no_model_is_small_enough() -> None:
    (one,) = told("qwen3:8b", card(9), models(), paint())
    assert one.text.endswith("; without `models` (6.0 GiB) it fits")
    assert one.hint == "hearth disable models"


@pytest.mark.parametrize(
    ("memory", "limit", "said", "text", "hint"),
    [
        pytest.param(
            8,
            64,
            None,
            "models: the model `qwen3:14b` takes about 12.0 GiB of memory and 7.2 GiB are there;"
            " with `qwen3:8b` it fits",
            "hearth settings set PULL=qwen3:8b",
            id="machine",
        ),
        pytest.param(
            32,
            8,
            None,
            "models: the model `qwen3:14b` takes about 12.0 GiB of memory and its ceiling is"
            " 8.0 GiB; with `qwen3:8b` it fits",
            "hearth settings set PULL=qwen3:8b",
            id="ceiling",
        ),
        pytest.param(
            32,
            64,
            2,
            "models: the model `qwen3:14b` takes about 12.0 GiB of memory and its ceiling is"
            " 2.0 GiB",
            "hearth settings set MODELS_MEMORY=12G",
            id="ceiling that nothing fits below",
        ),
        pytest.param(
            2,
            64,
            None,
            "models: the model `qwen3:14b` takes about 12.0 GiB of memory and 1.8 GiB are there",
            "hearth settings unset PULL",
            id="machine that nothing fits",
        ),
    ],
)
def test_model_on_processors_fits_machine_and_ceiling(
    memory: int, limit: int, said: int | None, text: str, hint: str
) -> None:
    machine = replace(host(), memory=memory * GIB)
    chosen = ServiceSettings(source=Source.CONTAINER, memory=said * GIB if said else None)
    notes = told("qwen3:14b", machine, models(limit * GIB), models=chosen)
    assert [one for one in notes if one.code == "model-large"] == [
        warning("model-large", text, hint)
    ]


def test_model_that_fits_the_processors_is_not_spoken_of() -> None:
    assert told("qwen3:8b", replace(host(), memory=16 * GIB), models()) == []


def test_largest_of_each_family_is_named() -> None:
    assert fitting([PULL], 7 * GIB) == ("qwen3:8b",)
    chosen = Chosen(key="PULL", variable=PULL, value="")
    assert list(smaller_ones("qwen3", chosen, 6 * GIB)) == ["qwen3:8b", "qwen3:4b"]
