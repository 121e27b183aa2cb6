"""From a tool's schema to fields, and from a sent form to arguments."""

from __future__ import annotations

from typing import Any

import pytest
from hearth_server.edge.pages.forms import arguments_of, fields_of
from hearth_server.registry.errors import ArgumentsError

pytestmark = pytest.mark.unit

SCHEMA: dict[str, Any] = {
    "properties": {
        "query": {"type": "string", "description": "What."},
        "text": {"type": "string"},
        "count": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5},
        "way": {"enum": ["a", "b"], "type": "string", "default": "a"},
        "state": {"anyOf": [{"$ref": "#/$defs/State"}, {"type": "null"}], "default": None},
        "tags": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]},
        "deep": {"type": "object"},
        "is_on": {"type": "boolean", "default": False},
    },
    "required": ["query", "tags"],
    "$defs": {"State": {"enum": ["new", "old"], "type": "string"}},
}


def test_kinds_come_from_schema() -> None:
    found = {each.name: each.kind for each in fields_of(SCHEMA)}
    assert found == {
        "query": "text",
        "text": "long",
        "count": "number",
        "way": "choice",
        "state": "choice",
        "tags": "lines",
        "deep": "json",
        "is_on": "choice",
    }


def test_field_carries_limits() -> None:
    count = next(each for each in fields_of(SCHEMA) if each.name == "count")
    assert (count.least, count.most, count.step, count.value) == (1, 9, "1", "5")


def test_choices_are_resolved() -> None:
    state = next(each for each in fields_of(SCHEMA) if each.name == "state")
    assert (state.options, state.value, state.is_required) == (("new", "old"), "", False)


def test_sent_values_stay() -> None:
    fields = fields_of(SCHEMA, values={"query": ["<b>"]}, faults={"query": "bad"})
    assert (fields[0].value, fields[0].fault) == ("<b>", "bad")


def test_arguments_are_read() -> None:
    sent = {
        "query": ["a"],
        "text": ["one\r\ntwo"],
        "count": ["3"],
        "state": [""],
        "tags": ["x\r\n y \r\n\r\n"],
        "deep": ['{"a": 1}'],
        "is_on": ["true"],
    }
    assert arguments_of(SCHEMA, sent) == {
        "query": "a",
        "text": "one\ntwo",
        "count": "3",
        "tags": ["x", "y"],
        "deep": {"a": 1},
        "is_on": "true",
    }


def test_empty_required_stays() -> None:
    assert arguments_of(SCHEMA, {"query": [""], "tags": [""]}) == {"query": "", "tags": []}


def test_unknown_field_is_kept_for_registry() -> None:
    assert arguments_of(SCHEMA, {"query": ["a"], "nope": ["1"], "confirm:": ["yes"]}) == {
        "query": "a",
        "tags": [],
        "nope": ["1"],
    }


def test_broken_json_is_named() -> None:
    with pytest.raises(ArgumentsError) as caught:
        arguments_of(SCHEMA, {"query": ["a"], "deep": ["{"]})
    assert str(caught.value) == "deep: expected JSON"
