"""The gateway's own file out of the plan's routes.

What arrives is stripped of every header that claims who somebody is or where a request came from;
then whoever may not connect is refused; then a `login` route asks; then the service answers. The
order is written out in a `route` block: Caddy's own would strip what the sign-in said.
Source: https://caddyserver.com/docs/caddyfile/directives (directive order, forward_auth,
reverse_proxy; read 2026-11). Tried on Caddy 2.6.2 and 2.11.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from hearth_control.plan.model import Gateway, Plan, PlannedRoute
from hearth_control.render.identity import HOP_HEADERS, IDENTITY_HEADERS
from hearth_control.render.kong import kong_routes
from hearth_control.render.names import CONFIGS, GENERATED
from hearth_control.render.paths import ODD_TARGET, open_target
from hearth_control.render.tunnel import tunnel_files

FRAMES = "frame-ancestors 'self'"
_TARGET = "{http.request.orig_uri}"
"""What stood in the request line, as it was sent."""


def gateway_files(plan: Plan) -> dict[str, str]:
    """Give the gateway's and the tunnel's files by path, none where no gateway runs."""
    if plan.gateway is None:
        return {}
    behind = peers(plan)
    if plan.gateway.service == "kong":
        files = {f"{CONFIGS}/kong/routes.yml": kong_routes(plan.gateway)}
    else:
        files = {f"{CONFIGS}/caddy/Caddyfile": caddyfile(plan.gateway, behind=behind)}
    return {**files, **tunnel_files(plan)}


def peers(plan: Plan) -> tuple[str, ...]:
    """List the networks whose word about a client is believed.

    Behind a tunnel it is the network that the tunnel and the gateway share; a network of the
    person's own has no known subnet, so there every private address counts.
    """
    gateway = plan.gateway
    if gateway is None or gateway.tunnel is None:
        return gateway.behind if gateway else ()
    shared = [net for net in plan.networks if {gateway.tunnel, gateway.service} <= {*net.members}]
    return tuple(net.subnet for net in shared if net.subnet) or gateway.behind


def caddyfile(gateway: Gateway, *, behind: tuple[str, ...] = ()) -> str:
    """Write the Caddyfile: one site a route, and no answer at any other name."""
    lines = [f"# {GENERATED}", "", *_options(gateway), "", *_arrive(gateway, behind), ""]
    lines += [*_headers(gateway), ""]
    for route in gateway.routes:
        lines += [*_site(route, gateway, behind), ""]
    lines += [*_fallback(gateway)]
    return "\n".join(lines) + "\n"


def _options(gateway: Gateway) -> Iterator[str]:
    # The admin interface stays at its default, the container's own loopback: health asks it.
    yield "{"
    if not gateway.secure:
        yield "\tauto_https off"
    elif gateway.authority == "own":
        yield "\tlocal_certs"
        yield "\tskip_install_trust"
    # Uploads may last for hours, headers may not.
    yield from ("\tservers {", "\t\ttimeouts {", "\t\t\tread_header 10s", "\t\t\tidle 5m")
    yield from ("\t\t}", "\t}", "}")


def _arrive(gateway: Gateway, behind: tuple[str, ...]) -> Iterator[str]:
    """Take off what only a proxy of ours may say, and say it anew."""
    yield "(arrive) {"
    for header in (*IDENTITY_HEADERS, *HOP_HEADERS):
        yield f"\trequest_header -{header}"
    yield "\trequest_header X-Real-Ip {remote_host}"
    if behind:
        yield "\t@believed {"
        yield f"\t\tremote_ip {' '.join(behind)}"
        yield "\t\theader Cf-Connecting-Ip *"
        yield "\t}"
        yield "\trequest_header @believed X-Forwarded-For {header.Cf-Connecting-Ip}"
        yield "\trequest_header @believed X-Real-Ip {header.Cf-Connecting-Ip}"
    yield "\trequest_header -Cf-Connecting-Ip"
    if gateway.allow_from:
        yield f"\t@stranger not remote_ip {' '.join(gateway.allow_from)}"
        yield "\trespond @stranger 403"
    yield "}"


def _headers(gateway: Gateway) -> Iterator[str]:
    """Say what browsers may do with a page; a service's own word goes first."""
    yield "(headers) {"
    yield "\theader {"
    yield "\t\t?X-Content-Type-Options nosniff"
    yield "\t\t?Referrer-Policy strict-origin-when-cross-origin"
    yield f'\t\t?Content-Security-Policy "{FRAMES}"'
    # A browser that was once told so would refuse a certificate of our own for a year.
    if gateway.secure and gateway.authority == "public":
        yield "\t\tStrict-Transport-Security max-age=31536000"
    yield "\t\t-Server"
    yield "\t\tdefer"
    yield "\t}"
    yield "}"


def _site(route: PlannedRoute, gateway: Gateway, behind: tuple[str, ...]) -> Iterator[str]:
    scheme = "https" if gateway.secure else "http"
    yield f"{scheme}://{route.host} {{"
    yield "\timport headers"
    yield "\troute {"
    yield "\t\timport arrive"
    for line in (*_shut(route), *_guard(route, gateway, behind), *_proxy(route, gateway, behind)):
        yield f"\t\t{line}"
    yield "\t}"
    yield "}"


def _shut(route: PlannedRoute) -> Iterator[str]:
    """Answer as if it were not there. Caddy's `path` resolves escapes, dots, slashes and case."""
    if route.shut_paths:
        each = (f"{path} {path}/* {path};*" for path in sorted(route.shut_paths))
        yield f"@shut path {' '.join(each)}"
        yield "respond @shut 404"


def _guard(route: PlannedRoute, gateway: Gateway, behind: tuple[str, ...]) -> Iterator[str]:
    """Let nobody pass who did not sign in, where a route says so; without a sign-in, nobody."""
    if route.access != "login" or not gateway.exposed:
        return
    if route.open_paths:
        yield "@guarded not {"
        yield f"\tvars_regexp {_TARGET} `{open_target(route.open_paths)}`"
        yield f"\tnot vars_regexp {_TARGET} `{ODD_TARGET}`"
        yield "}"
    who = "@guarded " if route.open_paths else ""
    if gateway.sign_in is None:
        yield f"respond {who}403"
        return
    yield f"forward_auth {who}{gateway.sign_in} {{"
    yield "\turi /api/auth/caddy"
    yield "\tcopy_headers Remote-User Remote-Name Remote-Email Remote-Groups"
    yield from _forwarded(gateway, behind)
    yield "}"


def _proxy(route: PlannedRoute, gateway: Gateway, behind: tuple[str, ...]) -> Iterator[str]:
    upstream = "" if route.replicas > 1 else f" {route.upstream}"
    yield f"reverse_proxy{upstream} {{"
    if route.replicas > 1:
        name, _, port = route.upstream.rpartition(":")
        # The engine's resolver knows which of them run; a short memory lets a dead one go.
        yield f"\tdynamic a {name} {port} {{"
        yield "\t\trefresh 1s"
        yield "\t}"
        yield "\tlb_policy round_robin"
        yield "\tfail_duration 5s"
    # A request whose connection fails was not begun: it may try again, also while one restarts.
    yield "\tlb_try_duration 5s"
    yield from _forwarded(gateway, behind)
    yield "}"


def _forwarded(gateway: Gateway, behind: tuple[str, ...]) -> Iterator[str]:
    """Keep the client's address where a believed proxy told it."""
    if behind:
        yield f"\ttrusted_proxies {' '.join(behind)}"
    if gateway.tunnel is not None:
        yield "\theader_up X-Forwarded-Proto https"


def _fallback(gateway: Gateway) -> Iterator[str]:
    """Answer health probes and refuse names that lead nowhere.

    In secure mode Caddy itself redirects port 80 of known names to HTTPS.
    """
    if gateway.secure:
        yield "https:// {"
        yield "\trespond 421"
        yield "}"
        yield ""
    yield "http:// {"
    yield "\trespond /health 200"
    yield "\trespond 404"
    yield "}"
