"""The one gate: who sees what, what is let in, what is let out."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hearth_kit.errors import ConflictError
from hearth_kit.ids import uuid7
from hearth_server.principal import Principal, Role
from hearth_server.registry.errors import (
    ArgumentsError,
    ResultError,
    ScopeMissingError,
    UnknownToolError,
)
from hearth_server.registry.registry import Registry
from hearth_server.testing.edge import MemoryFiles, SampleTools

pytestmark = pytest.mark.unit


def make_caller(*scopes: str) -> Principal:
    return Principal(
        user_id=uuid7(),
        email="ada@example.com",
        role=Role.USER,
        kind="token",
        scopes=frozenset(scopes),
        name="laptop",
    )


READER = make_caller("knowledge:read")


@pytest.fixture
def registry() -> Registry:
    samples = SampleTools(MemoryFiles())
    return Registry((samples.repeat_word, samples.break_down, samples.delete_document))


async def test_call_gives_result(registry: Registry) -> None:
    assert await registry.call(READER, "repeat_word", {"word": "a", "times": 2}) == "a a"


def test_scope_hides_tool(registry: Registry) -> None:
    assert [each.name for each in registry.visible_to(READER)] == ["repeat_word", "break_down"]
    assert registry.visible_to(make_caller()) == ()


async def test_hidden_tool_is_refused(registry: Registry) -> None:
    with pytest.raises(ScopeMissingError) as caught:
        await registry.call(READER, "delete_document", {})
    assert str(caught.value) == "scope `knowledge:write`: is needed, and `laptop` lacks it"


async def test_unknown_tool_is_named(registry: Registry) -> None:
    with pytest.raises(UnknownToolError) as caught:
        await registry.call(READER, "repeat_wrod", {})
    assert str(caught.value) == (
        "tool `repeat_wrod`: there is none of that name, the nearest one is `repeat_word`"
    )


async def test_hidden_tool_is_not_suggested(registry: Registry) -> None:
    with pytest.raises(UnknownToolError) as caught:
        await registry.call(READER, "delete_documents", {})
    assert str(caught.value) == "tool `delete_documents`: there is none of that name"


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": (
        {"word": "a", "tims": 2},
        "tims: unknown argument, the nearest known one is `times`",
    ),
    "missing": ({}, "word: is required and missing"),
    "kind": ({"word": 7}, "word: should be a valid string"),
    "range": ({"word": "a", "times": 9}, "times: should be less than or equal to 3"),
    "null byte": ({"word": "a\x00"}, "word: holds a null byte or half a character"),
    "deep null byte": (
        {"word": "a", "options": {"x": ["\x00"]}},
        "options: holds a null byte or half a character",
    ),
    "huge number": (
        {"word": "a", "options": {"x": 2**63}},
        "options: holds a number of more than 64 bits",
    ),
    "surrogate": ({"word": "\ud800"}, "word: holds a null byte or half a character"),
    "caller": ({"word": "a", "caller": "root"}, "caller: unknown argument"),
}


@pytest.mark.parametrize(("arguments", "text"), FAULTS.values(), ids=FAULTS.keys())
async def test_fault_is_named(registry: Registry, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        await registry.call(READER, "repeat_word", arguments)
    assert str(caught.value) == f"tool `repeat_word`: {text}"


async def test_every_fault_at_once(registry: Registry) -> None:
    with pytest.raises(ArgumentsError) as caught:
        await registry.call(READER, "repeat_word", {"times": 0, "x": 1})
    found = caught.value.details["findings"]
    assert isinstance(found, list)
    assert [each["where"] for each in found] == ["word", "times", "x"]


async def test_values_do_not_echo(registry: Registry) -> None:
    with pytest.raises(ArgumentsError) as caught:
        await registry.call(READER, "repeat_word", {"word": ["my secret"]})
    assert "my secret" not in str(caught.value.as_dict())


async def test_wrong_result_is_bug(registry: Registry) -> None:
    with pytest.raises(ResultError) as caught:
        await registry.call(READER, "break_down", {"how": "lie"})
    assert str(caught.value) == "tool `break_down`: gave something else than it declares"


async def test_call_is_logged(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="hearth_server.registry")
    await registry.call(READER, "repeat_word", {"word": "confidential"})
    with pytest.raises(ConflictError):
        await registry.call(READER, "break_down", {"how": "conflict"})
    first, second = (each.__dict__ for each in caplog.records)
    assert (first["tool"], first["outcome"]) == ("repeat_word", "done")
    assert (second["tool"], second["outcome"]) == ("break_down", "conflict")
    assert "confidential" not in str(first)
