"""Hashes change with a unit and say in which respect."""

from __future__ import annotations

from typing import Any

import pytest
from hearth_control.plan.digest import FACETS, changed, digest, same_ports

pytestmark = pytest.mark.unit

SPEC = {
    "image": "a:1",
    "environment": {"A": "1", "B": "2"},
    "ports": ["127.0.0.1:1:1"],
    "networks": ["n"],
}


def mark(
    secrets: dict[str, str] | None = None, files: dict[str, str] | None = None, **spec: Any
) -> str:
    return digest({**SPEC, **spec}, secrets=secrets or {}, files=files or {})


def test_same_unit() -> None:
    turned = {"networks": ["n"], **SPEC, "environment": {"B": "2", "A": "1"}}
    assert digest(turned, secrets={}, files={}) == mark()
    assert changed(mark(), mark()) == ()


@pytest.mark.parametrize(
    ("change", "facets"),
    [
        ({"image": "a:2"}, ("image",)),
        ({"command": ["x"]}, ("command",)),
        ({"environment": {"A": "2"}}, ("environment",)),
        ({"ports": []}, ("ports",)),
        ({"networks": ["m"]}, ("networks",)),
        ({"volumes": ["v:/v"]}, ("storage",)),
        ({"healthcheck": {"disable": True}}, ("health",)),
        ({"mem_limit": 1}, ("limits",)),
        ({"deploy": {"resources": {}}}, ("devices",)),
        ({"secrets": {"k": "mark"}}, ("secrets",)),
        ({"files": {"configs/a": "text"}}, ("files",)),
        ({"hostname": "h"}, ("other",)),
        ({"image": "a:2", "networks": []}, ("image", "networks")),
    ],
)
def test_changed_facets(change: dict[str, Any], facets: tuple[str, ...]) -> None:
    other = mark(**change)
    assert other != mark()
    assert changed(mark(), other) == facets


@pytest.mark.parametrize("field", ["depends_on", "build", "scale", "pull_policy"])
def test_volatile_fields(field: str) -> None:
    assert mark(**{field: "anything"}) == mark()


@pytest.mark.parametrize("other", ["", "abc", "0123456789abcdef", "0123456789abcdef.00"])
def test_foreign_hash(other: str) -> None:
    assert changed(other, mark()) == ()
    assert not same_ports(other, mark())


def test_same_ports() -> None:
    assert same_ports(mark(), mark(image="a:2"))
    assert not same_ports(mark(), mark(ports=["127.0.0.1:2:1"]))
    assert same_ports("made-by-hand", "made-by-hand")


def test_hash_is_a_label() -> None:
    whole, facets = mark().split(".")
    assert len(whole) == 16
    assert len(facets) == 4 * len(FACETS)
