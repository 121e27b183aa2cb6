"""Kong's routes out of the plan.

Kong's free edition asks nobody to sign in, so a `login` route is shut wherever others than this
machine's own people can come; its open paths stay open. Kong resolves escapes, dots and slashes
before it looks for a route and sends on what it resolved, so the two read one path alike.
Source: https://developer.konghq.com/gateway/db-less-mode/, https://developer.konghq.com/plugins/
(pre-function, request-termination, ip-restriction, response-transformer, prometheus) and
https://developer.konghq.com/gateway/sandboxing/ (read 2026-11)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hearth_control.plan.model import Gateway, PlannedRoute
from hearth_control.plan.outside import LAN
from hearth_control.render.documents import yaml_text
from hearth_control.render.identity import HOP_HEADERS, IDENTITY_HEADERS
from hearth_control.render.names import GENERATED
from hearth_control.render.paths import path_pattern

_FIRST, _SECOND = 200, 100
"""The higher number is asked first among regular expressions of one host."""


def kong_routes(gateway: Gateway) -> str:
    """Write the declarative file: one service a route."""
    document = {
        "_format_version": "3.0",
        "plugins": list(_plugins(gateway)),
        "services": [_service(route, gateway) for route in gateway.routes],
    }
    return yaml_text(document, header=GENERATED)


def _plugins(gateway: Gateway) -> Iterator[dict[str, Any]]:
    yield {"name": "prometheus", "config": {"status_code_metrics": True}}
    # Before Kong says itself who asks, so that it repeats no claim.
    yield {"name": "pre-function", "config": {"rewrite": [arrive_lua(gateway)]}}
    said = ("X-Content-Type-Options:nosniff", "Referrer-Policy:strict-origin-when-cross-origin")
    frames = "Content-Security-Policy:frame-ancestors 'self'"
    yield {"name": "response-transformer", "config": {"add": {"headers": [*said, frames]}}}
    if gateway.allow_from == LAN:
        yield {"name": "ip-restriction", "config": {"allow": list(LAN), "status": 403}}


def _service(route: PlannedRoute, gateway: Gateway) -> dict[str, Any]:
    return {
        "name": route.service,
        "url": f"http://{route.upstream}",
        "routes": list(_routes(route, gateway)),
    }


def _routes(route: PlannedRoute, gateway: Gateway) -> Iterator[dict[str, Any]]:
    is_shut = route.access == "login" and gateway.exposed
    shared = {
        "hosts": [route.host],
        "preserve_host": True,
        "strip_path": False,
        "request_buffering": False,
        "response_buffering": False,
        "protocols": ["https"] if gateway.secure else ["http"],
    }
    if route.shut_paths:
        patterns = [rf"~(?i){re.escape(path)}(?:$|[/;])" for path in route.shut_paths]
        yield {
            "name": f"{route.service}-shut",
            "paths": patterns,
            "regex_priority": _FIRST,
            "plugins": [_refusal(404, "not found")],
            **shared,
        }
    if is_shut and route.open_paths:
        patterns = [f"~{path_pattern(path)}$" for path in sorted(route.open_paths)]
        name = f"{route.service}-open"
        yield {"name": name, "paths": patterns, "regex_priority": _SECOND, **shared}
    whole: dict[str, Any] = {"name": route.service, "paths": ["/"], **shared}
    if is_shut:
        whole["plugins"] = [_refusal(403, "nothing asks people to sign in here")]
    yield whole


def _refusal(status: int, message: str) -> dict[str, Any]:
    config = {"status_code": status, "message": message}
    return {"name": "request-termination", "config": config}


def arrive_lua(gateway: Gateway) -> str:
    """Write Lua that takes off every header that only a proxy or sign-in of ours may say.

    Where Kong believes its peer (`trusted_ips`), the scheme that people use is said anew.
    """
    names = (*IDENTITY_HEADERS, *HOP_HEADERS, "Cf-Connecting-Ip")
    tests = "\n    or ".join(f'name:find("{_lua(header)}")' for header in names)
    peer = "kong.ip.is_trusted(kong.client.get_ip())"
    refuse = f"if not {peer} then\n  return kong.response.exit(403)\nend\n"
    scheme = (
        f'if {peer} then\n  kong.service.request.set_header("X-Forwarded-Proto", "https")\nend\n'
    )
    return (
        "for name in pairs(kong.request.get_headers(1000)) do\n"
        f"  if {tests} then\n"
        "    kong.service.request.clear_header(name)\n"
        "  end\n"
        "end\n"
        + (refuse if gateway.allow_from and gateway.behind else "")
        + (scheme if gateway.tunnel is not None else "")
    )


def _lua(header: str) -> str:
    """Turn `X-User-*` into a Lua pattern; Kong gives names in small letters."""
    return "^" + header.lower().replace("-", "%-").replace("*", ".*") + "$"
