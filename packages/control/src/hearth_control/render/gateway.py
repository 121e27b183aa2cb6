"""The gateway's own file out of the plan's routes.

Headers that claim who somebody is are removed from every request: identity comes from
authentication alone.
Source: https://caddyserver.com/docs/caddyfile
"""

from __future__ import annotations

from collections.abc import Iterator

from hearth_control.plan.model import Gateway, Plan, PlannedRoute
from hearth_control.render.identity import IDENTITY_HEADERS
from hearth_control.render.kong import kong_routes
from hearth_control.render.names import CONFIGS, GENERATED


def gateway_files(plan: Plan) -> dict[str, str]:
    """Give the gateway's files by path, none where no gateway runs."""
    if plan.gateway is None:
        return {}
    if plan.gateway.service == "kong":
        return {f"{CONFIGS}/kong/routes.yml": kong_routes(plan.gateway)}
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
    yield from _guard(route, gateway)
    yield f"\treverse_proxy {route.upstream}"
    yield "}"


def _guard(route: PlannedRoute, gateway: Gateway) -> Iterator[str]:
    """Let nobody pass who did not sign in, where a route says so; without a sign-in, nobody."""
    if route.access != "login" or not (gateway.secure or gateway.sign_in):
        return
    paths = " ".join(sorted(_pattern(path) for path in route.open_paths))
    if paths:
        yield f"\t@guarded not path {paths}"
    who = "@guarded " if paths else ""
    if gateway.sign_in is None:
        yield f"\trespond {who}403"
        return
    yield f"\tforward_auth {who}{gateway.sign_in} {{"
    yield "\t\turi /api/auth/caddy"
    yield "\t\tcopy_headers Remote-User Remote-Name Remote-Email Remote-Groups"
    yield "\t}"


def _pattern(path: str) -> str:
    """Make `/api/` cover what is below it, as a person means it."""
    return f"{path}*" if path.endswith("/") else path


def _fallback(gateway: Gateway) -> Iterator[str]:
    """Answer health probes and refuse names that lead nowhere.

    In secure mode Caddy itself redirects port 80 of known names to HTTPS.
    """
    del gateway
    yield "http:// {"
    yield "\trespond /health 200"
    yield "\trespond 404"
    yield "}"
