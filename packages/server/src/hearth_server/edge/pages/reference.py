"""The API reference, rendered here out of the OpenAPI document: no script, nothing from outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One property of a shape."""

    name: str
    type: str
    meaning: str
    is_required: bool
    default: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a body looks like."""

    type: str
    meaning: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked for."""

    method: str
    path: str
    anchor: str
    summary: str
    paragraphs: tuple[str, ...]
    scope: str
    body: Shape | None
    answer: Shape | None
    statuses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Operations of one tag."""

    name: str
    operations: tuple[Operation, ...]


def groups_of(document: Mapping[str, Any]) -> tuple[Group, ...]:
    """Take an OpenAPI document apart for the page."""
    schemas = document["components"]["schemas"]
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in document.get("tags", ())}
    for path, methods in document["paths"].items():
        for method, each in methods.items():
            for tag in each.get("tags", ("other",))[:1]:
                found.setdefault(tag, []).append(_operation(path, method, each, schemas))
    return tuple(Group(name=name, operations=tuple(each)) for name, each in found.items() if each)


def shapes_of(document: Mapping[str, Any]) -> tuple[tuple[str, Shape], ...]:
    """Give every named shape of an OpenAPI document."""
    schemas = document["components"]["schemas"]
    return tuple((name, _shape(schema, schemas)) for name, schema in sorted(schemas.items()))


def _operation(
    path: str, method: str, each: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Operation:
    answers: dict[str, Any] = each["responses"]
    done: dict[str, Any] = next((answers[status] for status in answers if status[0] == "2"), {})
    body = each.get("requestBody", {}).get("content", {})
    schema = done.get("content", {}).get(JSON, {}).get("schema")
    return Operation(
        method=method.upper(),
        path=path,
        anchor=each.get("operationId", f"{method}-{path}"),
        summary=each.get("summary", ""),
        paragraphs=tuple(filter(None, each.get("description", "").split("\n\n"))),
        scope=each.get("x-hearth-scope", ""),
        body=next((_shape(kind["schema"], schemas) for kind in body.values()), None),
        answer=_shape(schema, schemas) if schema is not None else None,
        statuses=tuple(each["responses"]),
    )


def _shape(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Shape:
    name = _type(schema)
    whole = schema
    if "$ref" in schema:
        whole = schemas.get(_last(schema["$ref"]), {})
    required = whole.get("required", ())
    rows = tuple(
        Row(
            name=key,
            type=_type(each),
            meaning=each.get("description", ""),
            is_required=key in required,
            default=json.dumps(each["default"]) if "default" in each else None,
        )
        for key, each in whole.get("properties", {}).items()
    )
    meaning = whole.get("description", "").split("\n\n")[0]
    return Shape(type=name, meaning=meaning, rows=rows)


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _last(schema["$ref"])
    if "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    name = str(schema.get("type", "anything"))
    return f"{name} ({schema['format']})" if "format" in schema else name


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]
