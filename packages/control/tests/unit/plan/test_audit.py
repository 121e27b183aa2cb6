"""What is exposed to whom and why, who may do what, and what a person should change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders import caddy, catalog, container, n8n, plan, postgres, searxng, service, settings
from hearth_control.catalog.model import Catalog, Offer, Route, Source
from hearth_control.plan.audit import Audit, audit
from hearth_control.plan.audit_rules import findings
from hearth_control.plan.model import Note
from hearth_control.settings.model import AllowFrom, Mode, Networks, ServiceSettings

pytestmark = pytest.mark.unit

SOCKET = "/var/run/docker.sock:/var/run/docker.sock:ro"


def tinyauth() -> Any:
    return service(
        "tinyauth",
        "00-infrastructure",
        offers={"sign-in": Offer(url="http://tinyauth:3000")},
        route=Route(name="auth", access="own", port=3000),
    )


def door() -> Any:
    (one,) = caddy().containers
    reason = {"cap_add: NET_BIND_SERVICE": "ports below 1024"}
    return replace(caddy(), containers=(replace(one, hardening=reason),))


def routed_search() -> Any:
    return replace(searxng(), route=Route(name="search", open_paths=("/healthz",)))


def looked(*more: Any, **said: Any) -> tuple[Audit, tuple[Note, ...]]:
    """Audit a small installation where everything is on."""
    store = postgres()
    guarded = {role: replace(offer, secret="admin") for role, offer in store.offers.items()}
    world: Catalog = catalog(door(), replace(store, offers=guarded), n8n(), routed_search(), *more)
    services = dict.fromkeys(world.services, "container") | said.pop("services", {})
    chosen = settings(services=services, **said)
    made = plan(world, said=chosen)
    seen = audit(made, catalog=world, settings=chosen)
    return seen, findings(seen, plan=made, catalog=world, settings=chosen)


def ways(seen: Audit) -> list[str]:
    return [f"{each.address} {each.reach}: {each.door}" for each in seen.exposures]


def test_loopback_finds_nothing() -> None:
    seen, found = looked()
    assert found == ()
    assert {each.reach.value for each in seen.exposures} == {"this machine"}


def test_public_ways() -> None:
    seen, found = looked(tinyauth(), mode=Mode.PUBLIC, domain="example.org")
    assert ways(seen) == [
        "0.0.0.0:80/tcp the internet: anybody",
        "0.0.0.0:443/tcp the internet: anybody",
        "auth.example.org the internet: its own sign-in",
        "n8n.example.org the internet: the gateway's sign-in",
        "n8n.example.org/webhook/* the internet: anybody",
        "search.example.org the internet: the gateway's sign-in",
        "search.example.org/healthz the internet: anybody",
    ]
    assert found == ()


def test_without_sign_in_nobody_passes() -> None:
    seen, _ = looked(mode=Mode.PUBLIC, domain="example.org")
    assert "search.example.org the internet: nobody" in ways(seen)


@pytest.mark.parametrize(
    ("said", "reach"),
    [
        ({"mode": Mode.PUBLIC, "allow_from": AllowFrom.LAN}, "your network"),
        ({"mode": Mode.PUBLIC, "allow_from": AllowFrom.CLOUDFLARE}, "the internet, by Cloudflare"),
        ({"bind": "192.168.1.9"}, "your network"),
    ],
)
def test_reach_of_routes(said: dict[str, Any], reach: str) -> None:
    seen, _ = looked(**said)
    routes = {each.reach.value for each in seen.exposures if each.address.startswith("n8n.")}
    assert routes == {reach}


def test_open_bind_is_found() -> None:
    seen, found = looked(bind="0.0.0.0")
    assert "0.0.0.0:63010/tcp your network: its password" in ways(seen)
    texts = {note.code: (note.text, note.hint) for note in found}
    assert texts["port-unguarded"] == (
        "your network can use `n8n`, `searxng` without any login",
        "hearth settings set BIND=127.0.0.1",
    )
    assert texts["port-plain"] == (
        "BIND: `0.0.0.0` carries passwords through your network unencrypted",
        "hearth settings set BIND=127.0.0.1 MODE=public ALLOW_FROM=lan",
    )


def test_named_port_in_public_mode_says_why() -> None:
    named = ServiceSettings(source=Source.CONTAINER, port=7000)
    seen, found = looked(mode=Mode.PUBLIC, bind="192.168.1.9", services={"n8n": named})
    why = {each.address: each.why for each in seen.exposures}
    assert why["192.168.1.9:7000/tcp"] == "you set N8N_PORT"
    assert [note.code for note in found] == ["port-unguarded"]


def test_open_route_is_found() -> None:
    board = service("board", route=Route(name="board", access="open", port=80))
    _, found = looked(board, tinyauth(), mode=Mode.PUBLIC, domain="example.org")
    assert [(note.code, note.text, note.hint) for note in found] == [
        (
            "route-open",
            "board: the internet reaches board.example.org, and nobody is asked who comes",
            "hearth show board",
        )
    ]


def test_flat_network_is_found() -> None:
    seen, found = looked(networks=Networks.FLAT)
    assert [(note.code, note.text, note.hint) for note in found] == [
        (
            "network-flat",
            "NETWORKS: `flat` lets every container reach every other and the internet",
            "hearth settings set NETWORKS=segmented",
        )
    ]
    assert "postgres" in seen.egress


def test_egress_is_listed() -> None:
    seen, _ = looked()
    assert seen.egress == ("caddy", "n8n", "searxng")


def test_writable_roots_are_listed() -> None:
    tool = mighty({"read_only": True})
    assert looked(tool)[0].writable == ("caddy", "n8n", "postgres", "postgres-provision", "searxng")


def mighty(spec: dict[str, Any], hardening: dict[str, str] | None = None, **more: Any) -> Any:
    made = container("tool", spec=spec, hardening=hardening or {})
    return service("tool", containers=(made,), **more)


@pytest.mark.parametrize(
    ("spec", "code", "text"),
    [
        (
            {"privileged": True},
            "power-mighty",
            "tool: has `privileged: true`, which is root on this machine",
        ),
        (
            {"cap_add": ["NET_ADMIN"]},
            "power-unexplained",
            "tool: has `cap_add: NET_ADMIN`, and no file says why",
        ),
        (
            {"security_opt": ["seccomp=unconfined"]},
            "power-unexplained",
            "tool: has `security_opt: seccomp=unconfined`, and no file says why",
        ),
        ({"pid": "host"}, "power-unexplained", "tool: has `pid: host`, and no file says why"),
        (
            {"volumes": [SOCKET]},
            "socket-unfiltered",
            "tool: holds Docker's socket unfiltered, which is root on this machine",
        ),
    ],
    ids=["privileged", "capability", "seccomp", "processes", "socket"],
)
def test_powers_without_reason(spec: dict[str, Any], code: str, text: str) -> None:
    _, found = looked(mighty(spec))
    assert (code, text) in [(note.code, note.text) for note in found]


def test_explained_powers_are_listed() -> None:
    reasons = {"cap_add: NET_ADMIN": "it sets routes", "bind: /srv": "your files"}
    seen, found = looked(mighty({"cap_add": ["NET_ADMIN"], "volumes": ["/srv:/srv:ro"]}, reasons))
    listed = [(each.power, each.why) for each in seen.powers if each.unit == "tool"]
    assert listed == [("cap_add: NET_ADMIN", "it sets routes"), ("bind: /srv", "your files")]
    assert found == ()


def test_host_network_is_a_way_in() -> None:
    seen, found = looked(
        mighty({"network_mode": "host"}, {"network_mode: host": "it finds devices"})
    )
    (way,) = [each for each in seen.exposures if each.service == "tool"]
    assert (way.address, way.reach.value, way.why) == (
        "every port it opens",
        "your network",
        "network_mode: host",
    )
    assert "tool" in seen.egress
    assert [(note.code, note.text, note.hint) for note in found] == [
        ("port-unguarded", "your network can use `tool` without any login", "hearth show tool")
    ]


def test_filter_may_hold_socket() -> None:
    offers = {"docker": Offer(url="tcp://tool:2375")}
    filtering = mighty({"volumes": [SOCKET]}, {"docker.sock": "it filters"}, offers=offers)
    assert looked(filtering)[1] == ()
