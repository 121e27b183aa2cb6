"""From a tool's schema to a form's fields, and from a sent form back to arguments. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from hearth_server.registry.errors import ArgumentsError

Kind = Literal["text", "long", "number", "choice", "lines", "json"]

LONG_FIELDS: Final = frozenset({"text", "content", "body"})
"""Names of arguments that hold more than a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form."""

    name: str
    label: str
    help: str
    kind: Kind
    value: str
    is_required: bool
    options: tuple[str, ...] = ()
    least: int | float | None = None
    most: int | float | None = None
    step: str = "any"
    fault: str = ""


def fields_of(
    schema: Mapping[str, Any],
    *,
    values: Mapping[str, Sequence[str]] | None = None,
    faults: Mapping[str, str] | None = None,
) -> tuple[Field, ...]:
    """Make the fields of a tool's form, filled with what was sent before."""
    required = schema.get("required", ())
    definitions = schema.get("$defs", {})
    return tuple(
        _field(
            name,
            _plain(each, definitions),
            is_required=name in required,
            value=(values or {}).get(name),
            fault=(faults or {}).get(name, ""),
        )
        for name, each in schema.get("properties", {}).items()
    )


def arguments_of(schema: Mapping[str, Any], sent: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Read a sent form as a tool's arguments; an empty optional field is left out.

    Raises:
        ArgumentsError: a field that holds JSON does not.
    """
    found: dict[str, Any] = {}
    for field in fields_of(schema):
        values = [value.replace("\r\n", "\n") for value in sent.get(field.name, ())]
        text = "\n".join(values)
        if not text.strip() and (not field.is_required or field.kind in {"lines", "json"}):
            if field.is_required:
                found[field.name] = []
            continue
        found[field.name] = _value(field, text)
    unknown = set(sent) - set(found) - set(schema.get("properties", {}))
    return found | {name: list(sent[name]) for name in sorted(unknown) if not name.endswith(":")}


def _value(field: Field, text: str) -> object:
    match field.kind:
        case "lines":
            return [line.strip() for line in text.split("\n") if line.strip()]
        case "json":
            try:
                return json.loads(text)
            except ValueError as cause:
                msg = f"{field.name}: expected JSON"
                finding = {"where": field.name, "what": "expected JSON"}
                raise ArgumentsError(msg, details={"findings": [finding]}) from cause
        case _:
            return text


def _plain(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Give a schema without references and without the alternative of being absent."""
    found = dict(schema)
    while "$ref" in found:
        name = str(found.pop("$ref")).rpartition("/")[2]
        found = {**definitions.get(name, {}), **found}
    if "anyOf" in found:
        options = [each for each in found.pop("anyOf") if each.get("type") != "null"]
        if len(options) == 1:
            found = {**_plain(options[0], definitions), **found}
    return found


def _field(
    name: str,
    schema: Mapping[str, Any],
    *,
    is_required: bool,
    value: Sequence[str] | None,
    fault: str,
) -> Field:
    kind = _kind(name, schema)
    options = tuple(str(each) for each in schema.get("enum", ()))
    if schema.get("type") == "boolean":
        options = ("true", "false")
    return Field(
        name=name,
        label=name.replace("_", " ").capitalize(),
        help=schema.get("description", ""),
        kind=kind,
        value="\n".join(value) if value is not None else _written(schema.get("default"), kind),
        is_required=is_required,
        options=options,
        least=schema.get("minimum"),
        most=schema.get("maximum"),
        step="1" if schema.get("type") == "integer" else "any",
        fault=fault,
    )


def _kind(name: str, schema: Mapping[str, Any]) -> Kind:
    if "enum" in schema or schema.get("type") == "boolean":
        return "choice"
    match schema.get("type"):
        case "integer" | "number":
            return "number"
        case "array" if schema.get("items", {}).get("type") == "string":
            return "lines"
        case "string":
            return "long" if name in LONG_FIELDS else "text"
        case _:
            return "json"


def _written(value: object, kind: Kind) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() if kind == "lines":
            return "\n".join(str(each) for each in value)
        case str() | int() | float():
            return str(value)
        case _:
            return json.dumps(value)
