"""The Caddyfile: one site a route, and no identity from outside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from builders import caddy, catalog, n8n, plan, postgres, service, settings
from hearth_control.catalog.model import Catalog, Metrics, Need, Offer
from hearth_control.plan.model import Gateway, Plan, PlannedRoute
from hearth_control.plan.outside import LAN
from hearth_control.render.gateway import caddyfile, gateway_files
from hearth_control.render.identity import HOP_HEADERS, IDENTITY_HEADERS
from hearth_control.render.kong import kong_routes
from hearth_control.render.paths import ODD_TARGET
from hearth_control.settings.model import Mode, Networks

pytestmark = pytest.mark.unit

ROUTE = PlannedRoute(service="n8n", host="n8n.example.org", upstream="n8n:5678", access="own")
LOGIN = PlannedRoute(
    service="search",
    host="search.example.org",
    upstream="searxng:8080",
    open_paths=("/healthz", "/api/"),
)
BOTH = settings(services={"n8n": "container"}, mode=Mode.PUBLIC, domain="example.org")


def secure(**changes: Any) -> Gateway:
    given: dict[str, Any] = {"secure": True, "exposed": True, "routes": (LOGIN,), **changes}
    return Gateway(service="caddy", **given)


def site(text: str, host: str) -> str:
    """Cut one site out of a Caddyfile."""
    return text.partition(f"{host} {{\n")[2].partition("\n}\n")[0]


def test_site_of_own_route() -> None:
    text = caddyfile(secure(routes=(ROUTE,)))
    assert site(text, "https://n8n.example.org") == (
        "\timport headers\n"
        "\troute {\n"
        "\t\timport arrive\n"
        "\t\treverse_proxy n8n:5678 {\n"
        "\t\t\tlb_try_duration 5s\n"
        "\t\t}\n"
        "\t}"
    )
    assert "\t\tStrict-Transport-Security max-age=31536000\n" in text
    assert "local_certs" not in text


def test_site_of_login_route() -> None:
    text = caddyfile(secure(sign_in="tinyauth:3000"))
    assert site(text, "https://search.example.org") == (
        "\timport headers\n"
        "\troute {\n"
        "\t\timport arrive\n"
        "\t\t@guarded not {\n"
        "\t\t\tvars_regexp {http.request.orig_uri} `^(?:/api/[^?]*|/healthz)(?:\\?|$)`\n"
        f"\t\t\tnot vars_regexp {{http.request.orig_uri}} `{ODD_TARGET}`\n"
        "\t\t}\n"
        "\t\tforward_auth @guarded tinyauth:3000 {\n"
        "\t\t\turi /api/auth/caddy\n"
        "\t\t\tcopy_headers Remote-User Remote-Name Remote-Email Remote-Groups\n"
        "\t\t}\n"
        "\t\treverse_proxy searxng:8080 {\n"
        "\t\t\tlb_try_duration 5s\n"
        "\t\t}\n"
        "\t}"
    )


def test_claims_are_stripped_first() -> None:
    text = caddyfile(secure())
    arrive = text.partition("(arrive) {\n")[2].partition("\n}\n")[0].splitlines()
    stripped = [f"\trequest_header -{name}" for name in (*IDENTITY_HEADERS, *HOP_HEADERS)]
    assert arrive[: len(stripped)] == stripped


def test_private_file_is_http() -> None:
    text = caddyfile(Gateway(service="caddy", secure=False, routes=(LOGIN,)))
    assert "http://search.example.org {" in text
    assert "auto_https off" in text
    assert "https://" not in text
    assert "Strict-Transport-Security" not in text
    assert "forward_auth" not in text
    assert "403" not in text


def test_own_authority() -> None:
    text = caddyfile(secure(authority="own"))
    assert "\tlocal_certs\n\tskip_install_trust\n" in text
    assert "Strict-Transport-Security" not in text


def test_replicas_are_looked_up() -> None:
    text = caddyfile(secure(routes=(replace(ROUTE, replicas=3),)))
    assert "\t\t\tdynamic a n8n 5678 {\n" in text
    assert "\t\t\tlb_policy round_robin\n" in text
    assert "reverse_proxy n8n:5678" not in text


def test_strangers_are_refused() -> None:
    text = caddyfile(secure(allow_from=("10.0.0.0/8", "::1/128")))
    assert "\t@stranger not remote_ip 10.0.0.0/8 ::1/128\n\trespond @stranger 403\n" in text


def tunnelled(**changes: Any) -> Plan:
    services = {"n8n": "container", "cloudflared": "container", **changes.pop("services", {})}
    said = settings(services=services, mode=Mode.TUNNEL, domain="example.org", **changes)
    return plan(tunnel_catalog(), said=said)


def tunnel_catalog() -> Catalog:
    tunnel = service("cloudflared", "00-infrastructure", needs={"gateway": Need()}, egress=True)
    gateways = (
        replace(service(name, "00-infrastructure"), offers={"gateway": Offer(url=url)})
        for name, url in (("caddy", "http://caddy:80"), ("kong", "http://kong:8000"))
    )
    return catalog(*gateways, tunnel, postgres(), n8n())


def test_tunnel_opens_no_port() -> None:
    assert tunnelled().published == ()


@pytest.mark.parametrize(("gateway", "port"), [("caddy", 80), ("kong", 8000)])
def test_tunnel_leads_to_gateway(gateway: str, port: int) -> None:
    made = tunnelled(gateway=gateway)
    assert made.gateway is not None
    assert made.gateway.service == gateway
    assert {unit.name for unit in made.units} & {"caddy", "kong"} == {gateway}
    rules = yaml.safe_load(gateway_files(made)["configs/cloudflared/config.yml"])["ingress"]
    assert rules == [
        {"hostname": "n8n.example.org", "service": f"http://{gateway}:{port}"},
        {"service": "http_status:404"},
    ]


def test_tunnel_alone_tells_client() -> None:
    made = tunnelled()
    shared = next(net for net in made.networks if set(net.members) == {"caddy", "cloudflared"})
    text = gateway_files(made)["configs/caddy/Caddyfile"]
    assert f"\t\tremote_ip {shared.subnet}\n" in text
    assert f"\t\t\ttrusted_proxies {shared.subnet}\n" in text
    assert "\t\t\theader_up X-Forwarded-Proto https\n" in text
    assert "respond @guarded 403" in text


def test_flat_tunnel_believes_private_addresses() -> None:
    text = gateway_files(tunnelled(networks=Networks.FLAT))["configs/caddy/Caddyfile"]
    assert f"\t\tremote_ip {' '.join(LAN)}\n" in text


def test_numbers_have_no_route() -> None:
    told = replace(n8n(), metrics=Metrics(port=5678))
    made = plan(catalog(postgres(), caddy(), told), said=BOTH)
    assert made.gateway is not None
    assert made.gateway.routes[0].shut_paths == ("/metrics",)
    assert (
        "\t\t@shut path /metrics /metrics/* /metrics;*\n\t\trespond @shut 404\n"
        in (gateway_files(made)["configs/caddy/Caddyfile"])
    )


def test_own_port_for_numbers_needs_no_rule() -> None:
    told = replace(n8n(), metrics=Metrics(port=9000))
    made = plan(catalog(postgres(), caddy(), told), said=BOTH)
    assert made.gateway is not None
    assert made.gateway.routes[0].shut_paths == ()


def test_no_gateway_no_file() -> None:
    assert gateway_files(plan(said=settings(services={"n8n": "container"}))) == {}


def test_routes_of_plan() -> None:
    said = settings(services={"n8n": "container"}, mode=Mode.PUBLIC, domain="example.org")
    files = gateway_files(plan(said=said))
    assert list(files) == ["configs/caddy/Caddyfile"]
    assert "https://n8n.example.org {" in files["configs/caddy/Caddyfile"]


def test_login_route_stays_shut() -> None:
    text = caddyfile(secure(routes=(replace(LOGIN, open_paths=()),)))
    assert "\trespond 403\n" in text
    assert "forward_auth" not in text


def test_own_route_asks_nobody() -> None:
    assert "forward_auth" not in caddyfile(secure(routes=(ROUTE,), sign_in="tinyauth:3000"))


def test_shut_services_are_named() -> None:
    said = settings(services={"n8n": "container"}, mode=Mode.PUBLIC, domain="example.org")
    notes = {note.code: note for note in plan(said=said).notes}
    assert notes["no-sign-in"].text == (
        "caddy: keeps `n8n` shut, as nothing asks people to sign in there"
    )
    assert notes["no-sign-in"].hint == "hearth enable tinyauth"


def test_lan_bind_shuts_login_routes() -> None:
    services = {"n8n": "container", "caddy": "container"}
    made = plan(said=settings(services=services, bind="192.168.1.9"))
    assert "\t\trespond @guarded 403\n" in gateway_files(made)["configs/caddy/Caddyfile"]
    assert "no-sign-in" in {note.code for note in made.notes}


def kong(**changes: Any) -> dict[str, Any]:
    given = {"secure": True, "exposed": True, "routes": (LOGIN, ROUTE), **changes}
    read = yaml.safe_load(kong_routes(Gateway(service="kong", **given)))
    assert isinstance(read, dict)
    return read


def test_kong_shuts_login_routes() -> None:
    search, n8n = kong()["services"]
    assert search["url"] == "http://searxng:8080"
    assert [route["paths"] for route in search["routes"]] == [
        ["~/api/[^?]*$", "~/healthz$"],
        ["/"],
    ]
    assert [route.get("plugins") for route in n8n["routes"]] == [None]
    shut = search["routes"][1]["plugins"][0]
    assert (shut["name"], shut["config"]["status_code"]) == ("request-termination", 403)
    assert {route["protocols"][0] for route in search["routes"]} == {"https"}


def test_kong_shuts_login_routes_in_tunnel() -> None:
    search, _ = kong(secure=False, tunnel="cloudflared")["services"]
    assert search["routes"][-1]["plugins"][0]["name"] == "request-termination"
    assert search["routes"][-1]["protocols"] == ["http"]


def test_kong_keeps_numbers_inside() -> None:
    (service,) = kong(routes=(replace(ROUTE, shut_paths=("/metrics",)),))["services"]
    shut, whole = service["routes"]
    assert shut["paths"] == ["~(?i)/metrics(?:$|[/;])"]
    assert shut["plugins"][0]["config"]["status_code"] == 404
    assert "plugins" not in whole


def test_kong_takes_lan_alone() -> None:
    plugins = {plugin["name"]: plugin.get("config") for plugin in kong(allow_from=LAN)["plugins"]}
    assert plugins["ip-restriction"]["allow"] == list(LAN)
    assert "ip-restriction" not in {plugin["name"] for plugin in kong()["plugins"]}
