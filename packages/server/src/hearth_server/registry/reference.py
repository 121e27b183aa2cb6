"""The reference page of tools, as text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hearth_server.registry.declare import Tool

_HEAD = """\
<!-- Generated from the tools' declarations by `make generate`; do not edit. -->

# Tools

Each is an MCP tool at `/mcp`, a route `POST /api/v1/tools/NAME`, and a form on the page *Tools*.
A token needs the tool's scope, and its group where it is held to groups. What a tool reads and
writes is the caller's own, always.
"""


def reference_page(tools: Iterable[Tool]) -> str:
    """Write the page, tool by tool in the registry's order."""
    return "\n".join([_HEAD, *(line for tool in tools for line in _tool(tool))]).rstrip() + "\n"


def _tool(tool: Tool) -> Iterator[str]:
    spec = tool.spec
    yield f"## `{tool.name}`"
    yield ""
    scope = f"scope `{spec.scope}`" if spec.scope else "no scope"
    listed = "" if spec.listed else " An agent finds it by `search_tools`."
    yield f"{spec.title}. Group `{spec.group}`, {scope}, effect `{spec.effect.value}`.{listed}"
    yield ""
    yield tool.description
    yield ""
    schema = tool.arguments_schema()
    properties: Mapping[str, Any] = schema.get("properties", {})
    if not properties:
        return
    required = set(schema.get("required", ()))
    yield "| argument | type | default | is for |"
    yield "| --- | --- | --- | --- |"
    for name, one in properties.items():
        default = "required" if name in required else _default(one.get("default"))
        yield f"| `{name}` | {_type(one)} | {default} | {_cell(one.get('description', ''))} |"
    yield ""


def _default(value: object) -> str:
    return "" if value is None else f"`{value}`"


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
