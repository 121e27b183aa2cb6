"""Which services of the installation are up: a page, and the same for the start page to fetch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from hearth_server.edge.pages.site import Site
from hearth_server.principal import Principal

HERE: Final = "/services"
_FIRST: Final = ("down", "up", "unknown")
_WORDS: Final = {"down": "down", "up": "up", "unknown": "not asked from here"}


class StackPages:
    """What needs help comes first; the start page itself waits for none of it."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Give the routes of these pages."""
        return [
            Route(HERE, self._show, methods=["GET"]),
            Route(f"{HERE}/list", self._list, methods=["GET"]),
        ]

    async def _show(self, request: Request) -> Response:
        caller = await self._site.caller(request)
        return self._site.page(request, "services.html", caller=caller, **await self._shown(caller))

    async def _list(self, request: Request) -> Response:
        shown = await self._shown(await self._site.caller(request))
        return HTMLResponse(self._site.render.fragment("service_list.html", shown))

    async def _shown(self, caller: Principal) -> dict[str, Any]:
        health: Any = await self._site.registry.call(caller, "get_stack_health", {})
        return {
            "services": in_order(health["services"]),
            "summary": summary(health["services"]),
            "note": health["note"],
        }


def in_order(services: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Put what is down first; among equals the order of the plan holds."""
    return sorted(services, key=lambda each: _FIRST.index(each["state"]))


def summary(services: Sequence[Mapping[str, Any]]) -> str:
    """Say in one line how many are how: `1 down, 7 up, 2 not asked from here`."""
    counted = Counter(each["state"] for each in services)
    return ", ".join(f"{counted[state]} {_WORDS[state]}" for state in _FIRST if counted[state])
