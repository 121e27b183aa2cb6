"""From a declared method to a `Tool`: its schemas come from its signature and docstring."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from hearth_server.principal import EVERYBODY, SCOPES
from hearth_server.registry.docstring import Docstring, read_docstring
from hearth_server.registry.errors import DeclarationError
from hearth_server.tool import ToolSpec, find_spec

CALLER: Final = "caller"

ToolFunction = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool as edges serve it."""

    name: str
    spec: ToolSpec
    summary: str
    description: str
    function: ToolFunction
    arguments: type[BaseModel]
    result: TypeAdapter[Any]

    def arguments_schema(self) -> dict[str, Any]:
        """Give the JSON Schema of the arguments, its definitions inside."""
        return self.arguments.model_json_schema()

    def result_schema(self) -> dict[str, Any]:
        """Give the JSON Schema of the result, its definitions inside."""
        return self.result.json_schema(mode="serialization")


def declare(function: ToolFunction) -> Tool:
    """Read a method that `@tool` marked.

    Raises:
        DeclarationError: it is not marked, not async, not documented, names an unknown scope, or
            takes something else than `caller` and keyword-only parameters.
    """
    name = getattr(function, "__name__", repr(function))
    spec = find_spec(function)
    if spec is None:
        msg = f"{name}: is no tool, `@tool` is missing"
        raise DeclarationError(msg)
    if spec.scope != EVERYBODY and spec.scope not in SCOPES:
        msg = f"{name}: scope `{spec.scope}` is not in `principal.SCOPES`"
        raise DeclarationError(msg)
    if not inspect.iscoroutinefunction(function):
        msg = f"{name}: a tool is async"
        raise DeclarationError(msg)
    doc = read_docstring(function.__doc__)
    if not doc.summary:
        msg = f"{name}: a tool has a docstring"
        raise DeclarationError(msg)
    hints = get_type_hints(function, include_extras=True)
    return Tool(
        name=name,
        spec=spec,
        summary=doc.summary,
        description=doc.text,
        function=function,
        arguments=_arguments(name, function, hints, doc),
        result=TypeAdapter(hints.get("return", type(None))),
    )


def _arguments(
    name: str, function: ToolFunction, hints: dict[str, Any], doc: Docstring
) -> type[BaseModel]:
    parameters = inspect.signature(function).parameters
    if not parameters or next(iter(parameters)) != CALLER:
        msg = f"{name}: its first parameter is `{CALLER}`"
        raise DeclarationError(msg)
    fields: dict[str, Any] = {}
    for parameter in tuple(parameters.values())[1:]:
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            msg = f"{name}: `{parameter.name}` is not keyword-only"
            raise DeclarationError(msg)
        described = doc.arguments.get(parameter.name)
        if not described:
            msg = f"{name}: the docstring's `Args` does not say what `{parameter.name}` is"
            raise DeclarationError(msg)
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], Field(default, description=described))
    model: type[BaseModel] = create_model(
        "".join(word.capitalize() for word in name.split("_")) + "Arguments",
        __config__=ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True),
        __doc__=f"Arguments of `{name}`.",
        **fields,
    )
    return model
