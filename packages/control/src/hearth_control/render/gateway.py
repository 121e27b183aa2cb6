"""The gateway's own file out of the plan's routes.

Headers that claim who somebody is are removed from every request: identity comes from
authentication alone.
Source: https://caddyserver.com/docs/caddyfile
"""

from __future__ import annotations

from collections.abc import Iterator

from hearth_control.plan.model import Gateway, Plan, PlannedRoute
from hearth_control.render.names import CONFIGS, GENERATED

IDENTITY_HEADERS = (
    "*_*",
    "Cf-Access-Authenticated-User-Email",
    "Remote-Email",
    "Remote-Groups",
    "Remote-Name",
    "Remote-User",
    "X-Auth-Request-*",
    "X-Authenticated-*",
    "X-Authentik-*",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-User",
    "X-Remote-User",
    "X-User-*",
    "X-Webauth-*",
)
"""What proxies and sign-in servers pass identity in; nobody outside may say these.

A name with `_` goes too, as at nginx: many programs take `Remote_User` for `Remote-User`.
`Cf-Access-Jwt-Assertion` passes: it is signed, and who reads it checks the signature.
"""


def gateway_files(plan: Plan) -> dict[str, str]:
    """Give the gateway's files by path, none where no gateway runs or it is not Caddy."""
    if plan.gateway is None or plan.gateway.service != "caddy":
        return {}
    return {f"{CONFIGS}/caddy/Caddyfile": caddyfile(plan.gateway)}


def caddyfile(gateway: Gateway) -> str:
    """Write the Caddyfile: one site a route, and 404 for any other name."""
    lines = [f"# {GENERATED}", "", *_options(gateway), *_snippet(), ""]
    for route in gateway.routes:
        lines += [*_site(route, gateway), ""]
    lines += [*_fallback(gateway)]
    return "\n".join(lines) + "\n"


def _options(gateway: Gateway) -> Iterator[str]:
    # The admin interface stays at its default, the container's own loopback: health asks it.
    if not gateway.secure:
        yield "{"
        yield "\tauto_https off"
        yield "}"
        yield ""


def _snippet() -> Iterator[str]:
    yield "(strip_identity) {"
    for header in IDENTITY_HEADERS:
        yield f"\trequest_header -{header}"
    yield "}"


def _site(route: PlannedRoute, gateway: Gateway) -> Iterator[str]:
    scheme = "https" if gateway.secure else "http"
    yield f"{scheme}://{route.host} {{"
    yield "\timport strip_identity"
    if gateway.secure:
        yield "\theader Strict-Transport-Security max-age=31536000"
    yield f"\treverse_proxy {route.upstream}"
    yield "}"


def _fallback(gateway: Gateway) -> Iterator[str]:
    """Answer health probes and refuse names that lead nowhere.

    In secure mode Caddy itself redirects port 80 of known names to HTTPS.
    """
    del gateway
    yield "http:// {"
    yield "\trespond /health 200"
    yield "\trespond 404"
    yield "}"
