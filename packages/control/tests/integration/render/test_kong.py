"""Kong's file by the documented schema, and its Lua in the interpreter that Kong has.

Kong itself is not run: it comes as an image only.
Source: https://developer.konghq.com/gateway/entities/ (route, service, plugin; read 2026-11)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hearth_control.plan.model import Gateway, PlannedRoute
from hearth_control.plan.outside import CLOUDFLARE, LAN
from hearth_control.render.identity import HOP_HEADERS, IDENTITY_HEADERS
from hearth_control.render.kong import arrive_lua, kong_routes
from jsonschema import Draft202012Validator
from lupa.luajit21 import LuaRuntime

pytestmark = pytest.mark.integration

NAME = {"type": "string", "pattern": r"^[A-Za-z0-9._~-]+$"}
PLUGIN_CONFIGS: Mapping[str, Any] = {
    "prometheus": {"status_code_metrics": {"type": "boolean"}},
    "pre-function": {"rewrite": {"type": "array", "items": {"type": "string"}}},
    "response-transformer": {
        "add": {
            "type": "object",
            "properties": {"headers": {"type": "array", "items": {"pattern": "^[^:]+:.*$"}}},
            "additionalProperties": False,
        }
    },
    "ip-restriction": {
        "allow": {"type": "array", "items": {"type": "string"}},
        "status": {"type": "integer"},
    },
    "request-termination": {
        "status_code": {"type": "integer", "minimum": 100, "maximum": 599},
        "message": {"type": "string"},
    },
}
PLUGIN = {
    "oneOf": [
        {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"const": name},
                "config": {
                    "type": "object",
                    "properties": config,
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        }
        for name, config in PLUGIN_CONFIGS.items()
    ]
}
ROUTE = {
    "type": "object",
    "required": ["name", "hosts", "paths", "protocols"],
    "properties": {
        "name": NAME,
        "hosts": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "paths": {"type": "array", "items": {"pattern": "^(/|~)"}, "minItems": 1},
        "protocols": {"type": "array", "items": {"enum": ["http", "https"]}},
        "preserve_host": {"type": "boolean"},
        "strip_path": {"type": "boolean"},
        "request_buffering": {"type": "boolean"},
        "response_buffering": {"type": "boolean"},
        "regex_priority": {"type": "integer"},
        "plugins": {"type": "array", "items": PLUGIN},
    },
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "required": ["_format_version"],
    "properties": {
        "_format_version": {"const": "3.0"},
        "plugins": {"type": "array", "items": PLUGIN},
        "services": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "url", "routes"],
                "properties": {
                    "name": NAME,
                    "url": {"type": "string", "pattern": r"^http://[a-z0-9.-]+:\d+$"},
                    "routes": {"type": "array", "items": ROUTE},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
ROUTES = (
    PlannedRoute(
        service="search",
        host="search.example.org",
        upstream="searxng:8080",
        open_paths=("/healthz", "/hook/"),
        shut_paths=("/metrics",),
    ),
    PlannedRoute(service="n8n", host="n8n.example.org", upstream="n8n:5678", access="own"),
)


def gateway(**changes: Any) -> Gateway:
    given = {"secure": True, "exposed": True, "routes": ROUTES, **changes}
    return Gateway(service="kong", **given)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="public"),
        pytest.param({"secure": False, "exposed": False}, id="private"),
        pytest.param({"secure": False, "tunnel": "cloudflared", "behind": LAN}, id="tunnel"),
        pytest.param({"allow_from": LAN}, id="lan"),
        pytest.param({"allow_from": CLOUDFLARE, "behind": CLOUDFLARE}, id="cloudflare"),
    ],
)
def test_file_fits_schema(changes: dict[str, Any]) -> None:
    document = yaml.safe_load(kong_routes(gateway(**changes)))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(document)] == []
    names = [route["name"] for service in document["services"] for route in service["routes"]]
    assert len(names) == len(set(names))


class Kong:
    """What Kong hands a function: a request's headers, and who sent it."""

    def __init__(self, headers: Mapping[str, str], *, trusted: bool) -> None:
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.status: int | None = None
        lua = LuaRuntime()
        table = lua.table_from
        lua.globals().kong = table(
            {
                "request": table({"get_headers": lambda _most: table(dict(self.headers))}),
                "client": table({"get_ip": lambda: "203.0.113.9"}),
                "ip": table({"is_trusted": lambda ip: trusted and ip == "203.0.113.9"}),
                "response": table({"exit": self._exit}),
                "service": table(
                    {"request": table({"clear_header": self._clear, "set_header": self._set})}
                ),
            }
        )
        self._lua = lua

    def run(self, code: str) -> Kong:
        self._lua.execute(code)
        return self

    def _clear(self, name: str) -> None:
        del self.headers[name]

    def _set(self, name: str, value: str) -> None:
        self.headers[name.lower()] = value

    def _exit(self, status: int) -> None:
        self.status = status


def test_claims_are_stripped() -> None:
    names = [name.replace("*", "abc") for name in (*IDENTITY_HEADERS, *HOP_HEADERS)]
    claimed = dict.fromkeys((*names, "Remote_User", "X-Forwarded-For", "Cf-Connecting-Ip"), "root")
    kept = {"accept": "*/*", "cf-access-jwt-assertion": "signed", "x-user": "name"}
    asked = Kong({**claimed, **kept}, trusted=False).run(arrive_lua(gateway()))
    assert (asked.headers, asked.status) == (kept, None)


def test_tunnel_tells_scheme() -> None:
    code = arrive_lua(gateway(secure=False, tunnel="cloudflared", behind=LAN))
    claimed = {"X-Forwarded-Proto": "gopher"}
    assert Kong(claimed, trusted=True).run(code).headers == {"x-forwarded-proto": "https"}
    assert Kong(claimed, trusted=False).run(code).headers == {}


def test_cloudflare_alone_connects() -> None:
    code = arrive_lua(gateway(allow_from=CLOUDFLARE, behind=CLOUDFLARE))
    assert Kong({}, trusted=True).run(code).status is None
    assert Kong({}, trusted=False).run(code).status == 403
