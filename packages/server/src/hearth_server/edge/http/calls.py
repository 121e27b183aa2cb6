"""A tool called by a request: who asks is proven first, then the registry decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from hearth_server.edge.http.body import read_object
from hearth_server.edge.http.parts import Parts
from hearth_server.principal import Principal


async def call_tool(
    parts: Parts, request: Request, name: str, arguments: Mapping[str, object] | None = None
) -> Any:  # noqa: ANN401 - what the tool gives, as `Registry.call`
    """Call a tool as whoever makes the request, and give its result as JSON holds it.

    Raises:
        HearthError: nobody is proven, the caller may not, or as the tool itself raises.
    """
    caller = await parts.gate.require(request)
    return await parts.registry.call(caller, name, arguments or {})


async def call_with_body(parts: Parts, request: Request, name: str) -> Any:  # noqa: ANN401 - likewise
    """Call a tool with the arguments that the request's body holds.

    Raises:
        HearthError: as `call_tool`, or the body is no JSON object.
    """
    caller, arguments = await read_call(parts, request, name)
    return await parts.registry.call(caller, name, arguments)


async def read_call(
    parts: Parts, request: Request, name: str
) -> tuple[Principal, dict[str, object]]:
    """Give who calls and with what; the body of who may not call the tool is not read.

    Raises:
        HearthError: nobody is proven, the caller may not, or the body is no JSON object.
    """
    caller = await parts.gate.require(request)
    parts.registry.get_tool(caller, name)
    return caller, await read_object(request)


def body_of(tool: str) -> dict[str, object]:
    """Point at the body of the tool of that name, which the OpenAPI document describes."""
    name = "".join(word.capitalize() for word in tool.split("_"))
    schema = {"$ref": f"#/components/schemas/{name}Arguments"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
