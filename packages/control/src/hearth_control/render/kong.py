"""Kong's routes out of the plan.

Kong's free edition asks nobody to sign in, so a `login` route is shut where people come from
outside; its open paths stay open.
Source: https://developer.konghq.com/gateway/db-less-mode/ and
https://developer.konghq.com/plugins/ (pre-function, request-termination, prometheus; read 2026-11)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hearth_control.plan.model import Gateway, PlannedRoute
from hearth_control.render.documents import yaml_text
from hearth_control.render.identity import IDENTITY_HEADERS
from hearth_control.render.names import GENERATED


def kong_routes(gateway: Gateway) -> str:
    """Write the declarative file: one service a route."""
    document = {
        "_format_version": "3.0",
        "plugins": [
            {"name": "prometheus", "config": {"status_code_metrics": True}},
            {"name": "pre-function", "config": {"access": [_strip_identity()]}},
        ],
        "services": [_service(route, gateway) for route in gateway.routes],
    }
    return yaml_text(document, header=GENERATED)


def _service(route: PlannedRoute, gateway: Gateway) -> dict[str, Any]:
    return {
        "name": route.service,
        "url": f"http://{route.upstream}",
        "routes": list(_routes(route, gateway)),
    }


def _routes(route: PlannedRoute, gateway: Gateway) -> Iterator[dict[str, Any]]:
    shut = route.access == "login" and gateway.secure
    shared = {
        "hosts": [route.host],
        "preserve_host": True,
        "strip_path": False,
        "protocols": ["https"] if gateway.secure else ["http"],
    }
    if shut and route.open_paths:
        paths = [path.rstrip("*") for path in route.open_paths]
        yield {"name": f"{route.service}-open", "paths": paths, **shared}
    whole: dict[str, Any] = {"name": route.service, "paths": ["/"], **shared}
    if shut:
        refusal = {"status_code": 403, "message": "nothing asks people to sign in here"}
        whole["plugins"] = [{"name": "request-termination", "config": refusal}]
    yield whole


def _strip_identity() -> str:
    """Write Lua that takes every identity header off a request, as Caddy does by pattern."""
    tests = "\n    or ".join(f'name:find("{_lua(header)}")' for header in IDENTITY_HEADERS)
    return (
        "for name in pairs(kong.request.get_headers(1000)) do\n"
        f"  if {tests} then\n"
        "    kong.service.request.clear_header(name)\n"
        "  end\n"
        "end\n"
    )


def _lua(header: str) -> str:
    """Turn `X-User-*` into a Lua pattern; Kong gives names in small letters."""
    return "^" + header.lower().replace("-", "%-").replace("*", ".*") + "$"
