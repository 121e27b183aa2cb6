"""`/health` says that the process lives; `/health/ready` asks each thing it needs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final, Literal

from fastapi import APIRouter, Response
from hearth_kit.errors import HearthError, chain
from pydantic import BaseModel, Field

from hearth_server.edge.http.parts import Check

PATIENCE_SECONDS: Final = 3.0

_log: Final = logging.getLogger(__name__)


class Alive(BaseModel):
    """The process lives."""

    status: Literal["alive"] = "alive"


class Dependency(BaseModel):
    """One thing that the server needs."""

    name: str
    status: Literal["ready", "down"]
    reason: str = Field(default="", description="why it is down; empty when it is not")


class Readiness(BaseModel):
    """Whether the server can do its work."""

    status: Literal["ready", "not-ready"]
    dependencies: list[Dependency]


def health_routes(checks: Mapping[str, Check]) -> APIRouter:
    """Make the two routes; nobody needs to be signed in for them."""
    router = APIRouter(tags=["health"])

    @router.get("/health", summary="Does the process live")
    async def get_health() -> Alive:
        return Alive()

    @router.get(
        "/health/ready",
        summary="Does everything answer that the server needs",
        responses={503: {"model": Readiness, "description": "Something does not answer"}},
    )
    async def get_readiness(response: Response) -> Readiness:
        found = await asyncio.gather(*(_ask(name, check) for name, check in sorted(checks.items())))
        is_ready = all(each.status == "ready" for each in found)
        response.status_code = 200 if is_ready else 503
        return Readiness(status="ready" if is_ready else "not-ready", dependencies=list(found))

    return router


async def _ask(name: str, check: Check) -> Dependency:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await check()
    except TimeoutError:
        return Dependency(name=name, status="down", reason=f"{name}: does not answer in time")
    except HearthError as error:
        return Dependency(name=name, status="down", reason=error.message)
    except Exception as error:  # noqa: BLE001 - a probe answers whatever a dependency does
        _log.exception("check broke", extra={"dependency": name, "reason": chain(error)})
        return Dependency(name=name, status="down", reason=f"{name}: its check broke")
    return Dependency(name=name, status="ready")
