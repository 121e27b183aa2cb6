"""The linter finds what must not be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders import plan, settings
from hearth_control.plan.lint import lint
from hearth_control.plan.model import ContainerUnit, Plan, SecretUse, Step, StepKind

pytestmark = pytest.mark.unit


def sound() -> Plan:
    made = plan(said=settings(services={"n8n": "container", "searxng": "container"}))
    assert lint(made) == ()
    return made


def changed(made: Plan, name: str, **changes: Any) -> Plan:
    units = tuple(replace(unit, **changes) if unit.name == name else unit for unit in made.units)
    return replace(made, units=units)


def respecified(made: Plan, name: str, **fields: Any) -> Plan:
    unit = made.unit(name)
    assert isinstance(unit, ContainerUnit)
    spec = {key: value for key, value in {**unit.spec, **fields}.items() if value is not None}
    return changed(made, name, spec=spec)


def texts(made: Plan) -> list[str]:
    return [note.text for note in lint(made)]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"mem_limit": None}, "n8n: has no `mem_limit`"),
        ({"logging": None}, "n8n: has no `logging`"),
        ({"privileged": True}, "n8n: is privileged"),
        (
            {"volumes": ["/var/run/docker.sock:/var/run/docker.sock"]},
            "n8n: is given Docker's socket",
        ),
        ({"volumes": ["gone:/data"]}, "n8n: mounts the volume `gone`, not declared"),
        (
            {"volumes": [{"type": "volume", "source": "gone", "target": "/data"}]},
            "n8n: mounts the volume `gone`, not declared",
        ),
        ({"command": "${OTHER}"}, "n8n: uses `OTHER`, which is no secret of its own"),
        ({"labels": {}}, "n8n: its labels do not tell what it is"),
    ],
)
def test_container_findings(fields: dict[str, Any], text: str) -> None:
    assert texts(respecified(sound(), "n8n", **fields)) == [text]


def test_cut_wire() -> None:
    made = respecified(sound(), "n8n", networks=["hearth-egress-n8n"])
    assert texts(made) == ["n8n: is in no network with `postgres`, its postgres"]


def test_unknown_network() -> None:
    made = sound()
    unit = made.unit("searxng")
    assert isinstance(unit, ContainerUnit)
    made = respecified(made, "searxng", networks=[*unit.spec["networks"], "other"])
    assert texts(made) == ["searxng: is in the network `other`, not planned"]


def test_default_network() -> None:
    assert texts(respecified(sound(), "searxng", networks=None)) == [
        "searxng: would land in a default network"
    ]


def test_escaped_dollar_is_no_reference() -> None:
    assert texts(respecified(sound(), "n8n", command="echo $${HOME}")) == []


def test_unplanned_secret() -> None:
    made = changed(sound(), "searxng", secrets=(SecretUse(key="odd", variable="ODD"),))
    assert texts(made) == ["searxng: the secret `odd` is not planned"]


def test_variable_of_two_secrets() -> None:
    made = sound()
    twice = SecretUse(key="postgres_admin", variable="N8N_ENCRYPTION_KEY")
    first = made.unit("n8n")
    assert first is not None
    made = changed(made, "n8n", secrets=(*first.secrets, twice))
    assert texts(made) == ["n8n: `N8N_ENCRYPTION_KEY` stands for two secrets"]


def test_unit_order() -> None:
    made = sound()
    assert texts(replace(made, steps=(), units=made.units[::-1])) == [
        "n8n: comes before `postgres`, which it needs",
        "n8n: comes before `postgres-provision`, which it needs",
        "postgres-provision: comes before `postgres`, which it needs",
    ]


def test_unit_need_is_missing() -> None:
    assert texts(changed(sound(), "searxng", needs=("gone",))) == [
        "searxng: needs the unit `gone`, which is not planned"
    ]


def test_unit_twice() -> None:
    made = sound()
    assert texts(replace(made, units=(*made.units, made.units[-1]))) == [
        f"plan: two units are named `{made.units[-1].name}`"
    ]


def test_step_findings() -> None:
    early = Step(kind=StepKind.CREATE, target="odd", cause="", needs=("create later",))
    assert texts(replace(sound(), steps=(early, early))) == [
        "plan: step `create odd` comes before `create later`, which it needs",
        "plan: step `create odd` is there twice",
        "plan: step `create odd` comes before `create later`, which it needs",
        "plan: step `create odd` changes nothing that is planned",
        "plan: step `create odd` changes nothing that is planned",
    ]


def test_network_without_subnet() -> None:
    made = sound()
    bare = replace(made.networks[0], subnet=None)
    assert texts(replace(made, networks=(bare, *made.networks[1:]))) == [
        "hearth-egress-n8n: has no subnet"
    ]
