"""What a declaration must have, and what is read out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hearth_server.principal import Principal
from hearth_server.registry.declare import declare
from hearth_server.registry.errors import DeclarationError
from hearth_server.registry.registry import Registry
from hearth_server.testing.edge import MemoryFiles, SampleTools
from hearth_server.tool import Effect, tool

pytestmark = pytest.mark.unit


def mark(scope: str = "knowledge:read") -> Callable[[Any], Any]:
    return tool(title="T", scope=scope, group="g", effect=Effect.READ)


async def plain(caller: Principal) -> None:
    """Do it."""


@mark()
def waitless(caller: Principal) -> None:
    """Do it."""


@mark("nobody:knows")
async def unscoped(caller: Principal) -> None:
    """Do it."""


@mark()
async def silent(caller: Principal) -> None: ...


@mark()
async def nameless(*, query: str) -> None:
    """Do it."""


@mark()
async def positional(caller: Principal, query: str) -> None:
    """Do it.

    Args:
        query: What.
    """


@mark()
async def undescribed(caller: Principal, *, query: str) -> None:
    """Do it."""


FAULTS = {
    plain: "plain: is no tool, `@tool` is missing",
    waitless: "waitless: a tool is async",
    unscoped: "unscoped: scope `nobody:knows` is not in `principal.SCOPES`",
    silent: "silent: a tool has a docstring",
    nameless: "nameless: its first parameter is `caller`",
    positional: "positional: `query` is not keyword-only",
    undescribed: "undescribed: the docstring's `Args` does not say what `query` is",
}


@pytest.mark.parametrize(
    ("function", "text"), FAULTS.items(), ids=[each.__name__ for each in FAULTS]
)
def test_fault_is_named(function: Any, text: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare(function)
    assert str(caught.value) == text


def test_schema_comes_from_signature() -> None:
    found = declare(SampleTools(MemoryFiles()).repeat_word)
    schema = found.arguments_schema()
    assert found.summary == "Repeat a word."
    assert found.description == "Repeat a word.\n\nA second paragraph for agents."
    assert schema["required"] == ["word"]
    assert schema["additionalProperties"] is False
    assert "caller" not in schema["properties"]
    times = schema["properties"]["times"]
    assert times["description"] == "How often, up to thrice."
    assert (times["minimum"], times["maximum"], times["default"]) == (1, 3, 1)
    assert found.result_schema() == {"type": "string"}


def test_names_are_unique() -> None:
    samples = SampleTools(MemoryFiles())
    with pytest.raises(DeclarationError) as caught:
        Registry((samples.repeat_word, samples.repeat_word))
    assert str(caught.value) == "repeat_word: two tools have this name"
