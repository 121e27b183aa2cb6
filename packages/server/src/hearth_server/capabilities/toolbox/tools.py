"""The one tool with which an agent gets at all the others."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hearth_server.capabilities.toolbox import rules
from hearth_server.capabilities.toolbox.model import ToolsFound
from hearth_server.capabilities.toolbox.ports import EnableTools, ListTools
from hearth_server.principal import EVERYBODY, Principal
from hearth_server.tool import Effect, tool

MOST = 20


class ToolboxTools:
    """Search over tools."""

    def __init__(self, list_tools: ListTools, enable: EnableTools) -> None:
        self._list_tools = list_tools
        self._enable = enable

    @tool(title="Search tools", scope=EVERYBODY, group="toolbox", effect=Effect.WRITE)
    async def search_tools(
        self,
        caller: Principal,
        *,
        query: Annotated[str, Field(max_length=200)] = "",
        group: str | None = None,
        limit: Annotated[int, Field(ge=1, le=MOST)] = 5,
        enable: bool = True,
    ) -> ToolsFound:
        """Find further tools by what they do, and put those found on your list.

        The list that you see at first is short. What is found here you may call at once, by its
        name and with the arguments that its schema tells; asking for the list of tools again
        shows it there.

        Args:
            query: A few words, such as `delete a document`; every tool when left out.
            group: Only tools of this group.
            limit: How many at most.
            enable: Whether to put what is found on your list; without, this only looks.
        """
        known = self._list_tools(caller)
        found = rules.rank(known, query=query, group=group)[:limit]
        fresh = tuple(each.name for each in found if not each.is_listed)
        if enable and fresh:
            await self._enable(caller, fresh)
        return ToolsFound(
            tools=found,
            enabled=fresh if enable else (),
            groups=tuple(sorted({each.group for each in known})),
        )
