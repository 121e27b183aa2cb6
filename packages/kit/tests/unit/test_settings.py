"""Tests of `hearth_kit.settings`."""

from __future__ import annotations

import pytest
from hearth_kit.settings import Layer, Setting, merge, nearest

pytestmark = pytest.mark.unit

FLAGS = Layer(origin="--port", values={"PORT": "1"})
FILE = Layer(origin=".env", values={"PORT": "2", "BIND": "127.0.0.1"})
DEFAULTS = Layer(origin="default", values={"PORT": "3", "DOMAIN": "localhost"})


def test_strongest_layer_holds() -> None:
    assert merge([FLAGS, FILE, DEFAULTS])["PORT"] == Setting(
        key="PORT", value="1", origin="--port", overrides=((".env", "2"), ("default", "3"))
    )


def test_value_keeps_its_origin() -> None:
    merged = merge([FLAGS, FILE, DEFAULTS])
    assert (merged["BIND"].origin, merged["BIND"].overrides) == (".env", ())
    assert merged["DOMAIN"].origin == "default"


def test_keys_are_sorted() -> None:
    assert list(merge([DEFAULTS, FILE])) == ["BIND", "DOMAIN", "PORT"]


def test_empty_value_overrides() -> None:
    cleared = Layer(origin=".env", values={"DOMAIN": ""})
    assert merge([cleared, DEFAULTS])["DOMAIN"].value == ""


def test_nothing_merges_to_nothing() -> None:
    assert dict(merge([])) == {}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("BASE_PROT", "BASE_PORT"),
        ("base_port", "BASE_PORT"),
        ("DOMIAN", "DOMAIN"),
        ("zzz", None),
        ("", None),
    ],
)
def test_nearest_finds_slips(typed: str, meant: str | None) -> None:
    assert nearest(typed, ["DOMAIN", "BASE_PORT", "BIND"]) == meant
