"""`/mcp`: proves who is calling, then hands the request to the MCP server.

Stateless on purpose: any request stands alone, nothing is kept between two, and a client that
goes away leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final
from urllib.parse import urlsplit

from hearth_kit.errors import HearthError
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from hearth_server.capabilities.identity.errors import NotSignedInError
from hearth_server.edge.auth.gate import Gate
from hearth_server.edge.auth.metadata import MCP_PATH, challenge
from hearth_server.edge.errors import Problem, problem_of, title_of
from hearth_server.edge.http.problem import respond
from hearth_server.edge.mcp.server import PRINCIPAL, build_server
from hearth_server.principal import Principal
from hearth_server.registry.registry import Registry

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")

_POST_ONLY: Final = Problem(
    title=title_of(405),
    status=405,
    code="method-not-allowed",
    message="mcp: expected `POST`, there is no stream to open and no session to end",
)


class MCPEndpoint:
    """An ASGI application; `run()` must be entered for as long as it serves."""

    def __init__(
        self, registry: Registry, gate: Gate, *, base_url: str, allowed_hosts: Sequence[str]
    ) -> None:
        self._gate = gate
        self._base_url = base_url
        self._manager = StreamableHTTPSessionManager(
            build_server(registry),
            json_response=True,
            stateless=True,
            security_settings=security(base_url, allowed_hosts),
        )

    def run(self) -> AbstractAsyncContextManager[None]:
        """Start what serves requests; once in a process."""
        return self._manager.run()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, if it proves who sent it."""
        request = Request(scope)
        try:
            caller = await find_agent(request, self._gate)
        except HearthError as error:
            headers = challenge_for(error, request, self._gate, self._base_url)
            await respond(problem_of(error), headers)(scope, receive, send)
            return
        if scope["method"] != "POST":
            # A stream that a stateless server never writes to would only hold up its shutdown.
            await respond(_POST_ONLY, {"allow": "POST"})(scope, receive, send)
            return
        await self._manager.handle_request({**scope, PRINCIPAL: caller}, receive, send)


async def find_agent(request: Request, gate: Gate) -> Principal:
    """Get who sent a request to an agent's address, and count it.

    Raises:
        NotSignedInError: nobody proved who they are in a way that counts here.
        HearthError: as `Gate.find_agent` and `Gate.admit` say.
    """
    caller = await gate.find_agent(request)
    if caller is None:
        msg = "mcp: expected an API token, sent as `Authorization: Bearer hearth_…`"
        raise NotSignedInError(msg, hint="/me")
    await gate.admit(request, caller)
    return caller


def challenge_for(
    error: HearthError, request: Request, gate: Gate, base_url: str
) -> dict[str, str]:
    """Give the header that says how one gets in, where that is what is missing."""
    if not isinstance(error, NotSignedInError):
        return {}
    is_refused = gate.was_shown(request)
    return {"www-authenticate": challenge(base_url, path=MCP_PATH, is_refused=is_refused)}


def security(base_url: str, allowed_hosts: Sequence[str]) -> TransportSecuritySettings:
    """Say by which names this server may be asked: its public one, loopback, and named ones."""
    public = urlsplit(base_url).netloc
    names = [*LOOPBACK, *allowed_hosts]
    hosts = [public, *names, *(f"{name}:*" for name in names if ":" not in name.strip("[]:"))]
    hosts += ["[::1]:*"]
    origins = [f"{urlsplit(base_url).scheme}://{public}"]
    origins += [f"http://{name}:*" for name in LOOPBACK] + [f"http://{name}" for name in LOOPBACK]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=hosts, allowed_origins=origins
    )
