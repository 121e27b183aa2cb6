"""Tests of `hearth_kit.errors`."""

from __future__ import annotations

import re

import pytest
from hearth_kit.errors import (
    BugError,
    CancelledError,
    Category,
    ConflictError,
    DeniedError,
    HearthError,
    InvalidError,
    NotFoundError,
    UnavailableError,
    chain,
)

pytestmark = pytest.mark.unit

LEAVES = (
    InvalidError,
    NotFoundError,
    ConflictError,
    DeniedError,
    UnavailableError,
    CancelledError,
    BugError,
)


def test_each_category_has_one_error() -> None:
    assert [leaf.category for leaf in LEAVES] == list(Category)


@pytest.mark.parametrize("leaf", LEAVES)
def test_codes_are_kebab_case(leaf: type[HearthError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", leaf.code)


def test_docstring_is_default_text() -> None:
    assert str(NotFoundError()) == "There is no such thing"


def test_message_replaces_docstring() -> None:
    assert str(NotFoundError("services: no service is called `x`")) == (
        "services: no service is called `x`"
    )


def test_as_dict_is_whole() -> None:
    error = ConflictError("up: locked", hint="hearth status", details={"pid": 7})
    assert error.as_dict() == {
        "code": "conflict",
        "category": "conflict",
        "message": "up: locked",
        "hint": "hearth status",
        "details": {"pid": 7},
    }


def test_chain_joins_causes() -> None:
    error = UnavailableError("postgres: does not answer")
    error.__cause__ = OSError("connection\n  refused")
    error.__cause__.__cause__ = TimeoutError()
    assert chain(error) == "postgres: does not answer: connection refused: TimeoutError"


def test_chain_says_repeats_once() -> None:
    error = UnavailableError("disk full")
    error.__cause__ = OSError("disk full")
    assert chain(error) == "disk full"


def test_chain_ends_in_a_circle() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert chain(one) == "one: two"
