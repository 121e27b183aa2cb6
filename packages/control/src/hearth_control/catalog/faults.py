"""Pydantic's errors in the words of a person who wrote a YAML file."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hearth_kit.settings import nearest
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hearth_control.catalog.findings import Path

_LIMITS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "`true` or `false`",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "list_type": "a list",
}


def faults(error: ValidationError, model: type[BaseModel]) -> Iterable[tuple[Path, str]]:
    """Give `(path, what)` for each fault, in pydantic's order."""
    for details in error.errors(include_url=False):
        path = tuple(part for part in details["loc"] if part != "[key]")
        yield path, _what(details, path, model)


def unknown_key(key: str, known: Iterable[str]) -> str:
    """Say that a key is unknown, and which one was likely meant."""
    names = sorted(known)
    close = nearest(key, names)
    if close:
        return f"unknown key; did you mean `{close}`?"
    return f"unknown key; known are {', '.join(f'`{name}`' for name in names)}"


def _what(details: ErrorDetails, path: Path, model: type[BaseModel]) -> str:
    kind = details["type"]
    context: Mapping[str, Any] = details.get("ctx", {})
    found = details.get("input")
    if kind == "extra_forbidden":
        return unknown_key(str(path[-1]), known_keys(model, path[:-1]))
    if kind in _TYPES:
        return f"should be {_TYPES[kind]}, found {_shown(found)}"
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        return f"should be {words} {context[name]}, found `{found}`"
    if kind in {"enum", "literal_error"}:
        return _choice(str(context["expected"]), found)
    return _OTHERS.get(kind, _own_words)(details)


def _own_words(details: ErrorDetails) -> str:
    cause = details.get("ctx", {}).get("error")
    if cause is not None:
        return str(cause)
    text = details["msg"]
    return text[:1].lower() + text[1:]


_OTHERS: Mapping[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda _: "is missing",
    "string_too_short": lambda _: "should not be empty",
    "too_short": lambda _: "should not be empty",
}


def _choice(expected: str, found: object) -> str:
    choices = [part.strip("' ") for part in expected.replace(" or ", ",").split(",")]
    names = ", ".join(f"`{choice}`" for choice in choices if choice)
    close = nearest(str(found), choices)
    text = f"should be one of {names}, found {_shown(found)}"
    return f"{text}; did you mean `{close}`?" if close else text


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return f"`{str(value).lower()}`"
        case int() | float():
            return f"the number `{value}`"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return f"`{value}`"


def known_keys(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """Name the keys that a place of the document may have; empty where any may stand."""
    kind: Any = model
    for part in path:
        kind = _inside(_plain(kind), part)
    kind = _plain(kind)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return ()
    return tuple(info.alias or name for name, info in kind.model_fields.items())


def _plain(kind: Any) -> Any:  # noqa: ANN401  # annotations are values of any type
    """Take `Annotated` and `| None` off."""
    while True:
        origin = typing.get_origin(kind)
        if origin is typing.Annotated:
            kind = typing.get_args(kind)[0]
        elif origin in {typing.Union, types.UnionType}:
            kind = next(part for part in typing.get_args(kind) if part is not type(None))
        else:
            return kind


def _inside(kind: Any, part: str | int) -> Any:  # noqa: ANN401  # annotations are values
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, info in kind.model_fields.items():
            if part in {name, info.alias}:
                return info.annotation
        return None
    arguments = typing.get_args(kind)
    return arguments[-1] if arguments else None
