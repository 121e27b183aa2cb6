"""The MCP server itself: two handlers over the registry, each for whoever is calling."""

from __future__ import annotations

import logging
from importlib.metadata import version
from typing import Any, Final

from hearth_kit.errors import HearthError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)
from starlette.requests import Request

from hearth_server.edge.mcp.wire import failure_of, is_object, result_of, tool_of
from hearth_server.principal import Principal
from hearth_server.registry.errors import UnknownToolError
from hearth_server.registry.registry import Registry

PRINCIPAL: Final = "hearth.principal"
"""Key of the ASGI scope under which the endpoint leaves who is calling."""

INSTRUCTIONS: Final = (
    "Tools over one person's own documents on their own machine. Answers cite the document, "
    "page and heading that they stand on; pass these on. The list of tools is short on purpose: "
    "`search_tools` finds further ones and puts them on it."
)

_log: Final = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Request]


def build_server(registry: Registry) -> Server[Any]:
    """Build the server; what it lists and lets call depends on the caller of each request."""
    tools = {each.name: tool_of(each) for each in registry.all_tools()}
    wrapped = {each.name for each in registry.all_tools() if not is_object(each.result_schema())}

    async def list_tools(
        context: Context, _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        listed = registry.listed_for(_caller(context))
        return ListToolsResult(tools=[tools[each.name] for each in listed])

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        caller = _caller(context)
        try:
            registry.check_listed(caller, params.name)
            value = await registry.call(caller, params.name, params.arguments or {})
        except UnknownToolError as error:
            raise MCPError(INVALID_PARAMS, error.message) from error
        except HearthError as error:
            return failure_of(error)
        except Exception as error:
            request_id = context.request.state.request_id if context.request else ""
            _log.exception("tool broke", extra={"request_id": request_id})
            msg = f"server: something broke, the log tells more under `{request_id}`"
            raise MCPError(INTERNAL_ERROR, msg) from error
        return result_of(value, is_wrapped=params.name in wrapped)

    def find_schema(name: str) -> dict[str, Any] | None:
        return tools[name].input_schema if name in tools else None

    return Server(
        "hearth",
        title="Hearth",
        version=version("hearth-server"),
        instructions=INSTRUCTIONS,
        get_tool_input_schema=find_schema,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _caller(context: Context) -> Principal:
    caller = context.request.scope.get(PRINCIPAL) if context.request else None
    if not isinstance(caller, Principal):
        msg = "request: nobody is known to have sent it"
        raise MCPError(INTERNAL_ERROR, msg)
    return caller
