"""Tools and results as MCP says them. Pure."""

from __future__ import annotations

from typing import Any, Final

from hearth_kit.errors import HearthError
from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations
from pydantic_core import to_json

from hearth_server.edge.errors import problem_of
from hearth_server.registry.declare import Tool as DeclaredTool
from hearth_server.tool import Effect

WRAPPED: Final = "result"
"""Under this name stands a result that is not an object by itself, as older clients need one."""


def tool_of(tool: DeclaredTool) -> Tool:
    """Describe one tool."""
    return Tool(
        name=tool.name,
        title=tool.spec.title,
        description=tool.description,
        input_schema=tool.arguments_schema(),
        output_schema=_wrapped_schema(tool.result_schema()),
        annotations=ToolAnnotations(
            title=tool.spec.title,
            read_only_hint=tool.spec.effect is Effect.READ,
            destructive_hint=tool.spec.effect is Effect.DESTROY,
            open_world_hint=False,
        ),
        _meta={"hearth/group": tool.spec.group, "hearth/scope": tool.spec.scope},
    )


def result_of(value: object, *, is_wrapped: bool) -> CallToolResult:
    """Give a result as structure, and as text for clients that read no structure."""
    text = to_json(value, indent=2).decode()
    structured = {WRAPPED: value} if is_wrapped else value
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=structured
    )


def failure_of(error: HearthError) -> CallToolResult:
    """Give a failure that was foreseen, so that the model can read it and do better."""
    problem = problem_of(error)
    lines = [problem.message, *([f"hint: {problem.hint}"] if problem.hint else [])]
    return CallToolResult(
        content=[TextContent(type="text", text="\n".join(lines))],
        structured_content={"error": problem.model_dump(mode="json")},
        is_error=True,
    )


def is_object(schema: dict[str, Any]) -> bool:
    """Tell whether a schema describes an object at its root."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return is_object(schema.get("$defs", {}).get(name, {}))
    return schema.get("type") == "object"


def _wrapped_schema(schema: dict[str, Any]) -> dict[str, Any]:
    if is_object(schema) and "$ref" not in schema:
        return schema
    definitions = schema.get("$defs", {})
    inner = {key: value for key, value in schema.items() if key != "$defs"}
    if is_object(schema):
        # Older clients want `type` at the root, which a reference hides.
        return {"type": "object", "allOf": [inner], "$defs": definitions}
    wrapped: dict[str, Any] = {
        "type": "object",
        "properties": {WRAPPED: inner},
        "required": [WRAPPED],
    }
    return wrapped | ({"$defs": definitions} if definitions else {})
