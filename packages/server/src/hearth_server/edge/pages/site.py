"""What every page shares: who is looking, the proof in its forms, and how it is rendered."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from hearth_kit.errors import HearthError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hearth_server.capabilities.identity.errors import NotSignedInError
from hearth_server.edge.auth.gate import CSRF_FIELD, HINT
from hearth_server.edge.errors import Problem
from hearth_server.edge.http.body import read_form
from hearth_server.edge.http.parts import Parts
from hearth_server.edge.pages.render import Renderer
from hearth_server.principal import Principal


class Site:
    """The parts that pages are made of."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.registry = parts.registry
        self.render = Renderer()

    async def caller(self, request: Request) -> Principal:
        """Get who is looking.

        Raises:
            NotSignedInError: nobody is signed in; the person is sent to sign in.
            RateLimitedError, QuotaExceededError: they asked too much.
        """
        caller = await self.parts.gate.find(request)
        if caller is None:
            msg = "page: nobody is signed in"
            raise NotSignedInError(msg, hint=HINT)
        await self.parts.gate.admit(request, caller)
        return caller

    async def form(self, request: Request) -> tuple[Principal, dict[str, list[str]]]:
        """Get who sent a form, and its fields without the proof.

        Raises:
            NotSignedInError: nobody is signed in.
            ForgedRequestError: the form was not made by one of our pages in this session.
        """
        caller = await self.caller(request)
        fields = await read_form(request)
        self.parts.gate.check_form(request, "".join(fields.pop(CSRF_FIELD, [])))
        return caller, fields

    def page(
        self,
        request: Request,
        template: str,
        *,
        caller: Principal | None,
        here: str = "",
        status: int = 200,
        **values: Any,  # noqa: ANN401 - what a template shows
    ) -> Response:
        """Render a page for whoever is looking."""
        shared = {
            "caller": caller,
            "here": here,
            "csrf": self.parts.gate.csrf_of(request) if caller else "",
            "base_url": self.parts.base_url,
        }
        return self.render.page(template, {**shared, **values}, status=status)

    async def problem(self, request: Request, problem: Problem) -> Response:
        """Show what went wrong; who is not signed in is sent to sign in."""
        if problem.status == 401:
            path = request.url.path if request.method == "GET" else "/"
            query = f"?{request.url.query}" if request.url.query and path != "/" else ""
            return redirect(f"/sign-in?{urlencode({'next': path + query})}")
        caller = None
        with suppress(HearthError):
            # What went wrong may be the very store that would tell who is looking.
            caller = await self.parts.gate.find(request) if problem.status < 500 else None
        return self.page(
            request, "problem.html", caller=caller, status=problem.status, problem=problem
        )


def redirect(path: str) -> Response:
    """Send the browser to another page of ours."""
    return RedirectResponse(path, status_code=303)


def local_path(text: str) -> str:
    """Give a path of this server; anything that could lead elsewhere becomes the start page."""
    is_local = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if is_local and "\\" not in text else "/"
