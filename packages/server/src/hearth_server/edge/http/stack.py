"""`/api/v1/health/stack`: which services of the installation are up, for whoever is signed in."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from hearth_server.capabilities.stack.model import StackHealth
from hearth_server.edge.http.calls import call_tool
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.http.responses import JSONValue, problems


def add_stack(router: APIRouter, parts: Parts) -> None:
    """Add the route; the registry checks the scope."""

    @router.get(
        "/api/v1/health/stack",
        tags=["stack"],
        summary="Show which services are up",
        response_model=StackHealth,
        responses=problems(401, 403, 429, 503),
    )
    async def get_stack_health(request: Request) -> Response:
        return JSONValue(await call_tool(parts, request, "get_stack_health"))
