"""What this server tells clients that look for a way in. Pure.

Source: RFC 9728 (protected resource metadata), RFC 6750 section 3 (the challenge).
"""

from __future__ import annotations

from typing import Any, Final

from hearth_server.principal import SCOPES

WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"
MCP_PATH: Final = "/mcp"


def metadata_of(base_url: str, *, path: str = "") -> dict[str, Any]:
    """Describe the resource at a path below this server's address; the root is the whole server.

    No authorization server is named: tokens are made on the page `/me`, by the person themselves,
    and no client gets one by asking.
    """
    return {
        "resource": f"{base_url}{path}",
        "resource_name": "Hearth",
        "resource_documentation": f"{base_url}/docs",
        "scopes_supported": sorted(SCOPES),
        "bearer_methods_supported": ["header"],
        "tls_client_certificate_bound_access_tokens": False,
        "dpop_bound_access_tokens_required": False,
    }


def metadata_url(base_url: str, *, path: str = "") -> str:
    """Give where a resource's metadata stand: the well-known path goes before the resource's own.

    Source: RFC 9728 section 3.1.
    """
    return f"{base_url}{WELL_KNOWN}{path}"


def challenge(base_url: str, *, path: str = "", is_refused: bool = False) -> str:
    """Write the value of `WWW-Authenticate` for a 401.

    `is_refused` says that a token was sent and does not hold; a request without any gets no error.
    """
    error = ', error="invalid_token"' if is_refused else ""
    where = metadata_url(base_url, path=path)
    return f'Bearer realm="hearth"{error}, resource_metadata="{where}"'
