"""Which rule makes which secret, and in which order."""

from __future__ import annotations

import pytest
from builders import catalog, lambda_server, postgres, service
from hearth_control.catalog.model import SecretKind, SecretRule
from hearth_control.secrets.rules import making_order, recipes

pytestmark = pytest.mark.unit


def test_recipes_of_catalog() -> None:
    found = recipes(catalog(postgres(), lambda_server()))
    assert {key: recipe.service for key, recipe in found.items()} == {
        "postgres_admin": "postgres",
        "lambda-server_db_hearth_owner": "lambda-server",
        "lambda-server_db_hearth_app": "lambda-server",
    }
    assert found["postgres_admin"].rule.change == "initial"


def test_chain_of_parents() -> None:
    rules = {
        "a": SecretRule(kind=SecretKind.BCRYPT, parent="b"),
        "b": SecretRule(kind=SecretKind.JWT, parent="c"),
        "c": SecretRule(kind=SecretKind.HEX),
    }
    known = recipes(catalog(service("s", secrets=rules)))
    assert making_order(known, known) == ("s_c", "s_b", "s_a")
    assert known["s_a"].parent == ("b", "s_b")
    assert known["s_c"].parent is None
