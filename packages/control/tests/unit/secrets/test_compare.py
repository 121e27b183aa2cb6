"""Secrets here and there, side by side."""

from __future__ import annotations

import pytest
from hearth_control.catalog.model import SecretKind, SecretRule
from hearth_control.secrets.compare import (
    Line,
    Sign,
    compare_pull,
    compare_push,
    exchanged,
    remote_name,
)
from hearth_control.secrets.rules import Recipe
from hearth_kit.secret import Secret

pytestmark = pytest.mark.unit


def recipe(key: str, rule: SecretRule) -> Recipe:
    return Recipe(key=key, service="svc", rule=rule, parents={"key": "svc_key"})


KNOWN = {
    "svc_key": recipe("svc_key", SecretRule(kind=SecretKind.PASSWORD)),
    "svc_hex": recipe("svc_hex", SecretRule(kind=SecretKind.HEX, bytes=4)),
    "my-svc_new": recipe("my-svc_new", SecretRule(kind=SecretKind.PASSWORD)),
    "svc_same": recipe("svc_same", SecretRule(kind=SecretKind.PASSWORD)),
    "svc_hash": recipe("svc_hash", SecretRule(kind=SecretKind.BCRYPT, parent="key")),
    "infisical_client_secret": recipe("infisical_client_secret", SecretRule(kind=SecretKind.GIVEN)),
}
HERE = {
    "svc_key": Secret("old-value"),
    "svc_hex": Secret("00ff00ff"),
    "svc_same": Secret("same-value"),
    "infisical_client_secret": Secret("identity"),
}
THERE = {
    "SVC_KEY": Secret("new-value"),
    "SVC_HEX": Secret("not hex"),
    "MY_SVC_NEW": Secret("whole-new"),
    "SVC_SAME": Secret("same-value"),
    "SOMETHING_ELSE": Secret("x"),
}


def test_pull_says_what_is_new_other_same_and_refused() -> None:
    assert compare_pull(KNOWN, HERE, THERE) == (
        Line(key="my-svc_new", sign=Sign.NEW),
        Line(
            key="svc_hex",
            sign=Sign.REFUSED,
            why="the value there is not made of hexadecimal digits alone",
        ),
        Line(key="svc_key", sign=Sign.OTHER),
        Line(key="svc_same", sign=Sign.SAME),
    )


def test_push_says_what_is_new_other_and_same() -> None:
    assert compare_push(KNOWN, HERE, {"SVC_KEY": Secret("x"), "SVC_SAME": HERE["svc_same"]}) == (
        Line(key="svc_hex", sign=Sign.NEW),
        Line(key="svc_key", sign=Sign.OTHER),
        Line(key="svc_same", sign=Sign.SAME),
    )


def test_identity_and_what_is_derived_stay_here() -> None:
    assert exchanged(KNOWN) == ("my-svc_new", "svc_hex", "svc_key", "svc_same")


def test_name_there_is_one_that_an_environment_can_carry() -> None:
    assert remote_name("lambda-server_db_hearth_app") == "LAMBDA_SERVER_DB_HEARTH_APP"
