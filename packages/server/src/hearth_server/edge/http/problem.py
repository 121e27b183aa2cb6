"""Answer with a problem document, or with a page where a person is reading."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from hearth_kit.errors import HearthError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from hearth_server.edge.errors import (
    CLIENT_CLOSED_REQUEST,
    PROBLEM_TYPE,
    Problem,
    problem_of,
    title_of,
)

PageOfProblem = Callable[[Request, Problem], Awaitable[Response]]

MACHINE_PATHS: Final = ("/api/", "/mcp", "/health", "/openapi.json", "/.well-known/")

METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")

_CODES: Final = {404: "not-found", 405: "method-not-allowed"}


def respond(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Answer with a problem document."""
    given = headers_of(problem) | dict(headers or {})
    return Response(
        problem.model_dump_json(),
        status_code=problem.status,
        media_type=PROBLEM_TYPE,
        headers=given,
    )


def headers_of(problem: Problem) -> dict[str, str]:
    """Give what an answer says in headers of a problem: when to come again, and what is asked for.

    Source: RFC 6750 section 3, RFC 9110 section 10.2.3.
    """
    wait = problem.details.get("retry_after_seconds")
    if wait is not None:
        return {"retry-after": str(wait)}
    if problem.status == 401:
        return {"www-authenticate": 'Bearer realm="hearth"'}
    scope = problem.details.get("scope")
    if problem.code == "scope-missing" and scope:
        asked = f'Bearer realm="hearth", error="insufficient_scope", scope="{scope}"'
        return {"www-authenticate": asked}
    return {}


def unexpected(request_id: str) -> Problem:
    """Say that something broke, and under which id the log tells more."""
    return Problem(
        title=title_of(500),
        status=500,
        code="internal-error",
        message=f"server: something broke, the log tells more under `{request_id}`",
        hint="hearth logs lambda-server",
        details={"request_id": request_id},
    )


Challenge = Callable[[Request, Problem], str]
"""Says in a header how one proves who one is."""


def handle_errors(app: FastAPI, page_of: PageOfProblem, challenge: Challenge) -> None:
    """Map every error that leaves a route; pages go to people, documents to programs."""

    async def answer(request: Request, problem: Problem, headers: Any = None) -> Response:  # noqa: ANN401 - starlette's own
        if wants_page(request):
            page = await page_of(request, problem)
            page.headers.update(headers_of(problem) if problem.status != 401 else {})
            return page
        if problem.status == 401:
            headers = {"www-authenticate": challenge(request, problem)} | dict(headers or {})
        return respond(problem, headers)

    async def on_hearth(request: Request, error: Exception) -> Response:
        assert isinstance(error, HearthError)  # noqa: S101 - starlette hands over what it was told to
        return await answer(request, problem_of(error))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - starlette hands over what it was told to
        code = _CODES.get(error.status_code, "http-error")
        where = request.url.path[:200]
        problem = Problem(
            title=title_of(error.status_code),
            status=error.status_code,
            code=code,
            message=f"{where}: {str(error.detail).lower()}",
        )
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if error.status_code == 405:
            # The framework names the methods of the first route of that address alone.
            headers["allow"] = ", ".join(_methods(app.routes, request))
        return await answer(request, problem, headers)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - starlette hands over what it was told to
        findings = [
            {"where": ".".join(str(part) for part in each["loc"]), "what": str(each["msg"]).lower()}
            for each in error.errors()
        ]
        listed = "; ".join(f"{each['where']}: {each['what']}" for each in findings)
        problem = Problem(
            title=title_of(422),
            status=422,
            code="arguments-invalid",
            message=f"request: {listed}",
            details={"findings": findings},
        )
        return await answer(request, problem)

    async def on_bug(request: Request, _error: Exception) -> Response:
        return await answer(request, unexpected(request.state.request_id))

    async def on_gone(_request: Request, _error: Exception) -> Response:
        # Nobody reads this; the log shows that the client went away and not that we broke.
        return Response(status_code=CLIENT_CLOSED_REQUEST)

    app.add_exception_handler(Exception, on_bug)
    app.add_exception_handler(ClientDisconnect, on_gone)
    app.add_exception_handler(HearthError, on_hearth)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)


def _methods(routes: Sequence[BaseRoute], request: Request) -> list[str]:
    """Give the methods that an address takes, over all of its routes."""
    # Asked one by one, as a router that is included keeps what it holds to itself.
    found = []
    for method in METHODS:
        scope = {**request.scope, "method": method}
        if any(each.matches(scope)[0] is Match.FULL for each in routes):
            found.append(method)
    return found


def wants_page(request: Request) -> bool:
    """Tell whether a person's browser asked, and not a program."""
    if request.url.path.startswith(MACHINE_PATHS):
        return False
    return "text/html" in request.headers.get("accept", "")
