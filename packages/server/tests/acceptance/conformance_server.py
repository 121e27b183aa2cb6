"""The server, with the few tools beside its own that the protocol's conformance suite asks for.

They go through the same registry, gate and edge as every other tool: what is tested is ours.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

from hearth_kit.errors import ConflictError
from hearth_server.adapters.postgres.pool import Database
from hearth_server.edge.http.app import build_app
from hearth_server.edge.http.run import build_server, listen
from hearth_server.main import build_parts
from hearth_server.principal import Principal
from hearth_server.registry.registry import Registry
from hearth_server.settings.load import load
from hearth_server.tool import Effect, tool
from pydantic import Field

Mirrored = Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]
"""An argument that clients repeat in a header, so that proxies can route by it (SEP-2243)."""


class SuiteTools:
    """The tools that the suite calls by their names."""

    @tool(title="Say a text", scope="identity:read", group="identity", effect=Effect.READ)
    async def test_simple_text(self, caller: Principal) -> str:
        """Say a text."""
        return "This is a simple text response for testing."

    @tool(title="Fail", scope="identity:read", group="identity", effect=Effect.READ)
    async def test_error_handling(self, caller: Principal) -> str:
        """Fail in a way that was foreseen."""
        msg = "this tool intentionally returns an error for testing"
        raise ConflictError(msg)

    @tool(title="Take a header", scope="identity:read", group="identity", effect=Effect.READ)
    async def take_header(self, caller: Principal, *, region: Mirrored) -> str:
        """Take an argument that stands in a header, too.

        Args:
            region: where.
        """
        return region


async def main() -> None:
    settings = load()
    stopping = asyncio.Event()
    database = Database(settings.database_url)
    parts = build_parts(settings, database, stopping=stopping)
    suite = SuiteTools()
    own = [each.function for each in parts.registry.all_tools()]
    added = (suite.test_simple_text, suite.test_error_handling, suite.take_header)
    served = replace(parts, registry=Registry((*own, *added)))
    server = build_server(build_app(served), stopping=stopping)
    await database.open()
    await server.serve(sockets=[listen(settings.host, settings.port)])
    await database.close()


if __name__ == "__main__":
    asyncio.run(main())
