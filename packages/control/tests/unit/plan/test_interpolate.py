"""Compose interpolation, case by case from the specification, and secrets that stay."""

from __future__ import annotations

import pytest
from hearth_control.plan.interpolate import Resolver, Scope, fill
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

SCOPE = Scope(
    values={"HOST": "db", "EMPTY": "", "PRICE": "5$"}, secrets={"DB_PASSWORD": "N8N_DB_N8N"}
)


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("plain", "plain"),
        ("$HOST", "db"),
        ("${HOST}", "db"),
        ("a-${HOST}-b", "a-db-b"),
        ("$HOST.local", "db.local"),
        ("${HOST:-other}", "db"),
        ("${EMPTY:-other}", "other"),
        ("${EMPTY-other}", ""),
        ("${NONE-other}", "other"),
        ("${NONE:-}", ""),
        ("${HOST:+on}", "on"),
        ("${EMPTY:+on}", ""),
        ("${EMPTY+on}", "on"),
        ("${NONE+on}", ""),
        ("${NONE:-${HOST}:5432}", "db:5432"),
        ("${HOST:+${HOST}/search?q=<query>&f=json}", "db/search?q=<query>&f=json"),
        ("${HOST:?it must be there}", "db"),
        ("$$HOME $${HOME}", "$$HOME $${HOME}"),
        ("${PRICE}", "5$$"),
        ("${DB_PASSWORD}", "${N8N_DB_N8N}"),
        ("pg://u:${DB_PASSWORD}@${HOST}", "pg://u:${N8N_DB_N8N__URL}@db"),
        ("pg://${HOST}/?p=${DB_PASSWORD}", "pg://db/?p=${N8N_DB_N8N}"),
        (
            "a ${DB_PASSWORD} pg://u:${X:-${DB_PASSWORD}}@h",
            "a ${N8N_DB_N8N} pg://u:${N8N_DB_N8N__URL}@h",
        ),
        ("${DB_PASSWORD:+yes}", "yes"),
    ],
)
def test_resolve_text(text: str, resolved: str) -> None:
    resolver = Resolver(SCOPE)
    assert (resolver.resolve(text), resolver.faults) == (resolved, [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("${NONE}", "`NONE` is no variable that this service may use"),
        ("$NONE", "`NONE` is no variable that this service may use"),
        ("${NONE:?say where it is}", "`NONE` is required: say where it is"),
        ("${EMPTY:?}", "`EMPTY` is required: it is not set"),
        ("${HOST", "`${HOST` is not a valid reference; write `$$` for a dollar"),
        ("costs 5$", "`costs 5$` is not a valid reference; write `$$` for a dollar"),
        ("${}", "`${}` names no variable"),
        ("${HOST!x}", "`${HOST!x}` is not a valid reference"),
    ],
)
def test_resolve_faults(text: str, fault: str) -> None:
    resolver = Resolver(SCOPE)
    resolver.resolve(text)
    assert resolver.faults == [fault]


def test_resolve_tree_copies() -> None:
    tree = {"environment": {"A": "${HOST}"}, "command": ["x", "$HOST"], "count": 3, "on": True}
    resolver = Resolver(SCOPE)
    assert resolver.resolve(tree) == {
        "environment": {"A": "db"},
        "command": ["x", "db"],
        "count": 3,
        "on": True,
    }
    assert tree["environment"] == {"A": "${HOST}"}
    assert resolver.used == {"HOST"}


def test_resolve_remembers_secrets() -> None:
    resolver = Resolver(SCOPE)
    resolver.resolve("${DB_PASSWORD:-none}")
    assert resolver.secrets == {"N8N_DB_N8N"}


@given(st.text())
def test_value_survives(value: str) -> None:
    resolved = Resolver(Scope(values={"X": value})).resolve("${X}")
    assert fill(resolved, {}) == value


@given(st.text())
def test_secret_survives(value: str) -> None:
    resolved = Resolver(Scope(values={}, secrets={"X": "KEY"})).resolve("a${X}b")
    assert fill(resolved, {"KEY": value}) == f"a{value}b"


@given(st.text(alphabet="${}:-+?AB ", max_size=12))
def test_any_text_settles(text: str) -> None:
    """What comes out is Compose text that means itself."""
    scope = Scope(values={"A": "1", "B": ""})
    once = Resolver(scope).resolve(text)
    again = Resolver(scope)
    assert (again.resolve(once), again.faults) == (once, [])
