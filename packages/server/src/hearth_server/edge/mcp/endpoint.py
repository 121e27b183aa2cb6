"""`/mcp`: proves who is calling, then hands the request to the MCP server.

Stateless on purpose: any request stands alone, nothing is kept between two, and a client that
goes away leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final
from urllib.parse import urlsplit

from hearth_kit.errors import HearthError
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from hearth_server.capabilities.identity.errors import NotSignedInError
from hearth_server.edge.auth.gate import Gate
from hearth_server.edge.errors import Problem, problem_of, title_of
from hearth_server.edge.http.problem import respond
from hearth_server.edge.mcp.server import PRINCIPAL, build_server
from hearth_server.principal import SCOPES
from hearth_server.registry.registry import Registry

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
METADATA_PATH: Final = "/.well-known/oauth-protected-resource"

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

    def metadata(self) -> dict[str, Any]:
        """Describe this resource to clients that look for a way in (RFC 9728)."""
        return {
            "resource": f"{self._base_url}/mcp",
            "resource_name": "Hearth",
            "resource_documentation": f"{self._base_url}/docs",
            "bearer_methods_supported": ["header"],
            "scopes_supported": sorted(SCOPES),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, if its bearer token proves who sent it."""
        try:
            caller = await self._gate.find_bearer(Request(scope))
            if caller is None:
                msg = "mcp: expected an API token, sent as `Authorization: Bearer hearth_…`"
                raise NotSignedInError(msg, hint=f"{self._base_url}/me")
        except HearthError as error:
            await self._refuse(error, scope, receive, send)
            return
        if scope["method"] != "POST":
            # A stream that a stateless server never writes to would only hold up its shutdown.
            await respond(_POST_ONLY, {"allow": "POST"})(scope, receive, send)
            return
        await self._manager.handle_request({**scope, PRINCIPAL: caller}, receive, send)

    async def _refuse(self, error: HearthError, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {}
        if isinstance(error, NotSignedInError):
            metadata = f"{self._base_url}{METADATA_PATH}/mcp"
            headers["www-authenticate"] = (
                f'Bearer realm="hearth", error="invalid_token", resource_metadata="{metadata}"'
            )
        await respond(problem_of(error), headers)(scope, receive, send)


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
