"""The services that are on, as the lambda server tells people of them, out of the plan.

`stack.json`: `{"services": [{"name", "title", "probe", "reason"}]}` in the order of the plan.
`probe` is how the lambda server asks from where it stands, by the wires it declares:
`{"http": URL}`, `{"tcp": [HOST, PORT]}`, `{"self": true}`, or null with the `reason`. It lies in a
folder that is mounted whole, and no unit's hash covers it: a service more recreates nobody.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from hearth_control.plan.model import (
    ContainerUnit,
    Endpoint,
    Plan,
    PlannedService,
    ProcessUnit,
    Unit,
    Wire,
)
from hearth_control.render.names import CONFIGS

SERVICE = "lambda-server"
BY_DESIGN = "not reachable from here by design"
NO_PORT = "its address names no port"
_FILE = f"{CONFIGS}/{SERVICE}/stack/stack.json"
_ASKED = re.compile(r"http://(?:127\.0\.0\.1|localhost):(\d+)(/[^\s\"'?#]*)")
"""What an image's own check asks, such as `http://127.0.0.1:8333/healthz`."""


def stack_files(plan: Plan) -> dict[str, str]:
    """Give the list by path, none where no lambda server runs here."""
    if not any(unit.service == SERVICE for unit in plan.units):
        return {}
    listed = [_listed(service, plan) for service in plan.services]
    return {_FILE: json.dumps({"services": listed}, indent=2, ensure_ascii=False) + "\n"}


def _listed(service: PlannedService, plan: Plan) -> dict[str, Any]:
    probe, reason = _probe(service, plan)
    return {"name": service.name, "title": service.title, "probe": probe, "reason": reason}


def _probe(service: PlannedService, plan: Plan) -> tuple[dict[str, Any] | None, str]:
    if service.name == SERVICE:
        return {"self": True}, ""
    wire = next((wire for wire in plan.wires if _joins(wire, service.name)), None)
    if wire is None:
        return None, BY_DESIGN
    if not (wire.endpoint.host and wire.endpoint.port):
        return None, NO_PORT
    return _ask(wire.endpoint, _server(wire, plan)), ""


def _joins(wire: Wire, provider: str) -> bool:
    return (wire.consumer, wire.provider) == (SERVICE, provider)


def _server(wire: Wire, plan: Plan) -> Unit | None:
    """Find the unit that answers at the endpoint; none of a program that Hearth does not run."""
    units = [unit for unit in plan.units if unit.service == wire.provider]
    for unit in units:
        if isinstance(unit, ProcessUnit):
            if unit.port == wire.endpoint.port:
                return unit
        elif unit.name == wire.endpoint.host:
            return unit
    return None


def _ask(endpoint: Endpoint, server: Unit | None) -> dict[str, Any]:
    """Ask by HTTP what speaks it. The address is made anew: a person's own may hold a password."""
    parts = urlsplit(endpoint.url)
    if parts.scheme not in {"http", "https"}:
        return {"tcp": [endpoint.host, endpoint.port]}
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    path = _path(server, endpoint.port) or "/"
    return {"http": f"{parts.scheme}://{host}:{endpoint.port}{path}"}


def _path(server: Unit | None, port: int) -> str:
    """Give what the service's own file asks to see whether it works."""
    if isinstance(server, ProcessUnit):
        return (server.process and server.process.ready_http) or ""
    if not isinstance(server, ContainerUnit):
        return ""
    if server.probe is not None and server.probe.http and server.probe.port == port:
        return server.probe.http
    test = (server.spec.get("healthcheck") or {}).get("test") or ()
    words = test if isinstance(test, str) else " ".join(map(str, test))
    return next((path for at, path in _ASKED.findall(words) if int(at) == port), "")
