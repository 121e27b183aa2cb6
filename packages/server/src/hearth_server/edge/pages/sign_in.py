"""Sign in with a one-time link, and sign out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearth_server.capabilities.identity.errors import SignInLinkError
from hearth_server.edge.http.body import read_form
from hearth_server.edge.pages.site import Site, local_path, redirect


class SignInPages:
    """Opening a link shows a button; only pressing it uses the link up.

    A program that looks at links in advance, as chats and mail filters do, presses no button.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Give the routes of these pages."""
        return [
            Route("/sign-in", self._show, methods=["GET"]),
            Route("/sign-in", self._sign_in, methods=["POST"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        return self._page(
            request,
            link=request.query_params.get("link", "")[:200],
            onward=local_path(request.query_params.get("next", "/")),
        )

    async def _sign_in(self, request: Request) -> Response:
        self._site.parts.gate.check_origin(request)
        fields = await read_form(request)
        onward = local_path("".join(fields.get("next", ["/"])))
        response = redirect(onward)
        try:
            await self._site.parts.gate.sign_in(request, "".join(fields.get("link", [])), response)
        except SignInLinkError as error:
            return self._page(request, onward=onward, refusal=error.message, status=403)
        return response

    async def _sign_out(self, request: Request) -> Response:
        await self._site.form(request)
        response = redirect("/sign-in")
        await self._site.parts.gate.sign_out(request, response)
        return response

    def _page(
        self,
        request: Request,
        *,
        link: str = "",
        onward: str = "/",
        refusal: str = "",
        status: int = 200,
    ) -> Response:
        values = {"link": link, "next": onward, "refusal": refusal}
        return self._site.page(request, "sign_in.html", caller=None, status=status, **values)
