"""The page of oneself: what is set up, the API tokens, the way out."""

from __future__ import annotations

from typing import Any, Final

from hearth_kit.errors import HearthError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearth_server.edge.errors import Problem, problem_of
from hearth_server.edge.pages.site import Site, redirect
from hearth_server.principal import SCOPES, UNLINKABLE, Principal

HERE: Final = "/me"
SHOWN_EVENTS: Final = 10


class MePages:
    """Who I am, and which programs may act for me."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Give the routes of these pages."""
        return [
            Route(HERE, self._show, methods=["GET"]),
            Route("/me/tokens", self._create, methods=["POST"]),
            Route("/me/tokens/{token_id}/revoke", self._revoke, methods=["POST"]),
            Route("/me/link-codes", self._create_code, methods=["POST"]),
            Route("/me/links/{link_id}/revoke", self._unlink, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        return await self._page(request, await self._site.caller(request))

    async def _create(self, request: Request) -> Response:
        caller, sent = await self._site.form(request)
        arguments = {
            "name": "".join(sent.get("name", [])),
            "scopes": sent.get("scopes", []),
            "expires_in_days": "".join(sent.get("expires_in_days", [])) or 90,
        } | ({"groups": sent["groups"]} if "groups" in sent else {})
        try:
            fresh = await self._site.registry.call(caller, "create_api_token", arguments)
        except HearthError as error:
            return await self._page(request, caller, problem=problem_of(error))
        return await self._page(request, caller, fresh=fresh)

    async def _revoke(self, request: Request) -> Response:
        caller, _ = await self._site.form(request)
        arguments = {"token_id": request.path_params["token_id"]}
        await self._site.registry.call(caller, "revoke_api_token", arguments)
        return redirect(HERE)

    async def _create_code(self, request: Request) -> Response:
        caller, sent = await self._site.form(request)
        arguments = {"scopes": sent.get("scopes", [])}
        try:
            code = await self._site.registry.call(caller, "create_link_code", arguments)
        except HearthError as error:
            return await self._page(request, caller, problem=problem_of(error))
        return await self._page(request, caller, code=code)

    async def _unlink(self, request: Request) -> Response:
        caller, _ = await self._site.form(request)
        arguments = {"link_id": request.path_params["link_id"]}
        await self._site.registry.call(caller, "revoke_link", arguments)
        return redirect(HERE)

    async def _page(
        self,
        request: Request,
        caller: Principal,
        *,
        fresh: Any = None,  # noqa: ANN401 - JSON, for the template
        code: Any = None,  # noqa: ANN401 - likewise
        problem: Problem | None = None,
    ) -> Response:
        return self._site.page(
            request,
            "me.html",
            caller=caller,
            here=HERE,
            status=problem.status if problem else 200,
            me=await self._site.registry.call(caller, "who_am_i", {}),
            tokens=await self._site.registry.call(caller, "list_api_tokens", {}),
            scopes=_open_to(caller),
            groups=sorted(self._site.registry.groups()),
            links=await self._site.registry.call(caller, "list_links", {}),
            events=await self._site.registry.call(
                caller, "list_account_events", {"limit": SHOWN_EVENTS}
            ),
            linkable=[each for each in _open_to(caller) if each[0] not in UNLINKABLE],
            sign_out_url=self._site.parts.sign_out_url if caller.kind == "access" else "",
            fresh=fresh,
            code=code,
            problem=problem,
        )


def _open_to(caller: Principal) -> list[tuple[str, str]]:
    """Give the scopes that a caller can hand on, each with what it lets do."""
    return sorted(each for each in SCOPES.items() if caller.allows(each[0]))
