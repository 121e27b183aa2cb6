"""The pages of tools: each one's form is made from its declaration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hearth_kit.errors import HearthError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearth_server.edge.errors import problem_of
from hearth_server.edge.pages.forms import arguments_of, fields_of
from hearth_server.edge.pages.site import Site
from hearth_server.principal import Principal
from hearth_server.registry.declare import Tool
from hearth_server.registry.errors import ArgumentsError
from hearth_server.tool import Effect

CONFIRM = "confirm:"
"""A field that no argument can be named like."""


class ToolPages:
    """A list of the caller's tools, and a form for each."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Give the routes of these pages."""
        return [
            Route("/tools", self._list, methods=["GET"]),
            Route("/tools/{name}", self._show, methods=["GET"]),
            Route("/tools/{name}", self._call, methods=["POST"]),
        ]

    async def _list(self, request: Request) -> Response:
        caller = await self._site.caller(request)
        groups: dict[str, list[Tool]] = {}
        for tool in self._site.registry.visible_to(caller):
            groups.setdefault(tool.spec.group, []).append(tool)
        return self._site.page(
            request, "tools.html", caller=caller, here="/tools", groups=list(groups.items())
        )

    async def _show(self, request: Request) -> Response:
        caller = await self._site.caller(request)
        tool = self._site.registry.get_tool(caller, request.path_params["name"])
        # A link to a form may fill it in; nothing is done before a person sends it.
        given = {key: request.query_params.getlist(key) for key in request.query_params}
        return self._page(request, caller, tool, sent=given)

    async def _call(self, request: Request) -> Response:
        caller, sent = await self._site.form(request)
        tool = self._site.registry.get_tool(caller, request.path_params["name"])
        try:
            if tool.spec.effect is Effect.DESTROY and sent.get(CONFIRM) != ["yes"]:
                msg = f"tool `{tool.name}`: say that you know that this cannot be undone"
                raise ArgumentsError(msg)
            arguments = arguments_of(tool.arguments_schema(), sent)
            result = await self._site.registry.call(caller, tool.name, arguments)
        except HearthError as error:
            return self._page(request, caller, tool, sent=sent, error=error)
        text = json.dumps(result, indent=2, ensure_ascii=False)
        return self._page(request, caller, tool, sent=sent, result=text)

    def _page(
        self,
        request: Request,
        caller: Principal,
        tool: Tool,
        *,
        sent: Mapping[str, Sequence[str]],
        result: str | None = None,
        error: HearthError | None = None,
    ) -> Response:
        problem = problem_of(error) if error else None
        values = sent or None
        return self._site.page(
            request,
            "tool.html",
            caller=caller,
            here="/tools",
            status=problem.status if problem else 200,
            tool=tool,
            fields=fields_of(tool.arguments_schema(), values=values, faults=_faults(error)),
            result=result,
            is_done=result is not None,
            problem=problem,
        )


def _faults(error: HearthError | None) -> dict[str, str]:
    findings = error.details.get("findings") if error else None
    if not isinstance(findings, list):
        return {}
    return {str(each["where"]).partition(".")[0]: str(each["what"]) for each in findings}
