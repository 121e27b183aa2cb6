"""`/mcp/tools`: an agent's tools for programs that speak plain HTTP, such as a workflow's node.

The same callers, the same list and the same gate as `/mcp`; only the wire is simpler.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from hearth_server.edge.http.body import read_object
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.http.responses import JSONValue, problems
from hearth_server.edge.mcp.endpoint import find_agent
from hearth_server.edge.mcp.wire import tool_of


class AgentTool(BaseModel):
    """A tool as MCP describes it."""

    model_config = ConfigDict(extra="allow")

    name: str
    title: str
    description: str
    inputSchema: dict[str, object] = Field(description="JSON Schema of its arguments")  # noqa: N815 - the protocol's own name


class AgentTools(BaseModel):
    """The tools on the caller's list."""

    tools: list[AgentTool]


def agent_routes(parts: Parts) -> APIRouter:
    """Make the routes."""
    router = APIRouter(tags=["agents"])
    described = {
        each.name: tool_of(each).model_dump(mode="json", by_alias=True, exclude_none=True)
        for each in parts.registry.all_tools()
    }

    @router.get(
        "/mcp/tools",
        summary="List the tools on your list",
        response_model=AgentTools,
        responses=problems(401, 403, 429, 503),
    )
    async def list_tools(request: Request) -> Response:
        caller = await find_agent(request, parts.gate)
        listed = parts.registry.listed_for(caller)
        return JSONValue({"tools": [described[each.name] for each in listed]})

    @router.post(
        "/mcp/tools/{name}",
        summary="Call a tool on your list",
        response_class=JSONValue,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        openapi_extra={
            "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}
        },
    )
    async def call_tool(request: Request, name: str) -> Response:
        caller = await find_agent(request, parts.gate)
        parts.registry.check_listed(caller, name)
        arguments = await read_object(request)
        return JSONValue(await parts.registry.call(caller, name, arguments))

    return router
