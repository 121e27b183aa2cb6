"""The peers of the server's benchmark: `server_peers.py open|bare PORT`.

`open` is our own server with its gate taken out: every request is one fixed person's, nothing is
proved or counted. `bare` is the MCP SDK alone: the same tools, listed to everybody, called as they
are, with no registry around them.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import Any
from uuid import UUID

from hearth_server.adapters.postgres.pool import Database
from hearth_server.edge.http.app import build_app
from hearth_server.edge.http.run import build_server, listen
from hearth_server.edge.mcp.endpoint import security
from hearth_server.edge.mcp.wire import is_object, result_of, tool_of
from hearth_server.main import build_parts
from hearth_server.principal import SCOPES, Principal, Role
from hearth_server.settings.load import load
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import CallToolResult, ListToolsResult
from starlette.applications import Starlette
from starlette.routing import Route

CALLER = Principal(
    user_id=UUID(int=0),
    email="bench@example.com",
    role=Role.USER,
    kind="token",
    scopes=frozenset(SCOPES),
    name="bench",
)


class OpenGate:
    """Lets everybody in as one person."""

    def __init__(self, caller: Principal) -> None:
        self._caller = caller

    def __getattr__(self, name: str) -> Any:
        async def give(*_: object) -> Principal:
            return self._caller

        return give


def bare(parts: Any, caller: Principal) -> Any:
    tools = [each for each in parts.registry.all_tools() if each.spec.listed]
    described = [tool_of(each) for each in tools]
    named = {each.name: each for each in tools}
    wrapped = {each.name for each in tools if not is_object(each.result_schema())}

    async def list_tools(_context: Any, _params: Any) -> ListToolsResult:
        return ListToolsResult(tools=described)

    async def call_tool(_context: Any, params: Any) -> CallToolResult:
        tool = named[params.name]
        value = await tool.function(caller, **(params.arguments or {}))
        given = tool.result.dump_python(value, mode="json")
        return result_of(given, is_wrapped=params.name in wrapped)

    server: Server[Any] = Server("bare", on_list_tools=list_tools, on_call_tool=call_tool)
    manager = StreamableHTTPSessionManager(
        server,
        json_response=True,
        stateless=True,
        security_settings=security("http://127.0.0.1", ()),
    )

    class Endpoint:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await manager.handle_request(scope, receive, send)

    return Starlette(routes=[Route("/mcp", endpoint=Endpoint())], lifespan=lambda _: manager.run())


async def main(kind: str, port: int, user_id: UUID) -> None:
    settings = load()
    stopping = asyncio.Event()
    database = Database(settings.database_url)
    parts = build_parts(settings, database, stopping=stopping)
    caller = replace(CALLER, user_id=user_id)
    if kind == "open":
        app: Any = build_app(replace(parts, gate=OpenGate(caller)))
    else:
        app = bare(parts, caller)
    server = build_server(app, stopping=stopping)
    await database.open()
    await server.serve(sockets=[listen("127.0.0.1", port)])
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), UUID(sys.argv[3])))
