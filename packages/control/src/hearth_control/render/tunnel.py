"""What cloudflared is told: each route's name leads to the gateway, any other to nothing.

The tunnel takes these rules where it is managed locally; one that is managed at Cloudflare gets
its rules from there, and its wildcard must lead to the same gateway. The gateway speaks HTTP in a
network of the two alone, so there is no certificate to trust or to skip.
Source: https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/do-more-with-tunnels/local-management/configuration-file/
(read 2026-11); `cloudflared tunnel ingress validate` judges the rules in the tests.
"""

from __future__ import annotations

from hearth_control.plan.model import ContainerUnit, Plan
from hearth_control.render.documents import yaml_text
from hearth_control.render.names import CONFIGS, GENERATED

SERVICE = "cloudflared"
_PORTS = {"caddy": 80, "kong": 8000}


def tunnel_files(plan: Plan) -> dict[str, str]:
    """Give the tunnel's file by path, none where no tunnel runs."""
    runs = any(unit.service == SERVICE for unit in plan.units if isinstance(unit, ContainerUnit))
    if plan.gateway is None or not runs:
        return {}
    door = f"http://{plan.gateway.service}:{_PORTS[plan.gateway.service]}"
    hosts = [route.host for route in plan.gateway.routes]
    rules: list[dict[str, str]] = [{"hostname": host, "service": door} for host in hosts]
    document = {"ingress": [*rules, {"service": "http_status:404"}]}
    return {f"{CONFIGS}/{SERVICE}/config.yml": yaml_text(document, header=GENERATED)}
