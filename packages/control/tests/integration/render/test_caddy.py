"""A real Caddy keeps what the rendered file promises, for people and against tricks.

The program is Debian's, or the one that `HEARTH_CADDY` names. The sign-in is a stand-in.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from doors import SESSION, Door, Echo, SignIn, read_line, running_caddy, serving, told
from hearth_control.plan.model import Gateway, PlannedRoute
from hearth_control.plan.outside import CLOUDFLARE
from hearth_control.render.identity import HOP_HEADERS, IDENTITY_HEADERS
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

pytestmark = pytest.mark.integration

LOGIN, OWN, SOCKET = "search.hearth.localhost", "app.hearth.localhost", "ws.hearth.localhost"
SIGNED_IN = {"Cookie": SESSION}
UPLOAD_BYTES = 1 << 30


def echo_frames(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """A gateway with a route that asks, one that does not, and one that speaks WebSocket."""
    with (
        serving(Echo) as echo,
        serving(SignIn) as sign_in,
        serve(echo_frames, "127.0.0.1", 0) as sockets,
    ):
        Thread(target=sockets.serve_forever, daemon=True).start()
        socket_port = sockets.socket.getsockname()[1]
        yield Gateway(
            service="caddy",
            secure=True,
            exposed=True,
            authority="own",
            sign_in=sign_in,
            routes=(
                PlannedRoute(
                    service="search",
                    host=LOGIN,
                    upstream=echo,
                    open_paths=("/healthz", "/hook/"),
                    shut_paths=("/metrics",),
                ),
                PlannedRoute(
                    service="app",
                    host=OWN,
                    upstream=echo,
                    access="own",
                    shut_paths=("/metrics",),
                ),
                PlannedRoute(service="ws", host=SOCKET, upstream=f"127.0.0.1:{socket_port}"),
            ),
        )


@pytest.fixture(scope="module")
def door(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with running_caddy(gateway, tmp_path_factory.mktemp("caddy")) as running:
        yield running


def test_login_route_asks_strangers(door: Door) -> None:
    status, body, _ = door.ask(LOGIN, "/page?q=1")
    assert (status, body) == (401, f"sign in for https://{LOGIN}/page?q=1".encode())


def test_login_route_lets_people_in(door: Door) -> None:
    status, body, _ = door.ask(LOGIN, "/page?q=1", headers=SIGNED_IN)
    assert status == 200
    arrived = told(body)
    assert arrived["target"] == "/page?q=1"
    assert arrived["headers"]["remote-user"] == "ann"
    assert arrived["headers"]["remote-email"] == "ann@example.org"


@pytest.mark.parametrize("path", ["/healthz", "/healthz?deep=1", "/hook/", "/hook/a/b.json?x=//"])
def test_open_paths_ask_nobody(door: Door, path: str) -> None:
    status, body, _ = door.ask(LOGIN, path)
    assert (status, told(body)["target"]) == (200, path)


@pytest.mark.parametrize(
    "target",
    [
        "/hook/../page",
        "/hook/..;/page",
        "/hook/%2e%2e/page",
        "/hook/%2E%2E%2Fpage",
        "/hook/..%2fpage",
        "/hook/..%5cpage",
        "/hook/..\\page",
        "/hook/%252e%252e/page",
        "/hook/./../page",
        "/hook//../page",
        "/hook/.",
        "/hook/..",
        "/hook/x%00/../page",
        "/hook/x#/../../page",
        "//hook/",
        "/hook//page",
        "/HOOK/page",
        "/Healthz",
        "/healthz/",
        "/healthz/page",
        "/healthz;/page",
        "/healthzz",
        "/hook",
        "/page?/hook/",
        "/page#/hook/",
        "/;/hook/",
        f"http://{LOGIN}/page",
    ],
)
def test_tricks_pass_no_login(door: Door, target: str) -> None:
    status, _, _ = door.ask(LOGIN, target)
    assert status in {400, 401}


@pytest.mark.parametrize("host", [OWN, LOGIN])
@pytest.mark.parametrize(
    "target",
    ["/metrics", "/metrics/", "//metrics", "/x/../metrics", "/%6detrics", "/METRICS", "/metrics?a"],
)
def test_numbers_stay_inside(door: Door, host: str, target: str) -> None:
    assert door.ask(host, target, headers=SIGNED_IN)[0] == 404


@pytest.mark.parametrize("host", [OWN, LOGIN])
def test_claims_are_stripped(door: Door, host: str) -> None:
    names = [header.replace("*", "Abc") for header in (*IDENTITY_HEADERS, *HOP_HEADERS)]
    claimed = dict.fromkeys((*names, "Remote-User", "Remote-Groups", "Remote_User"), "root")
    status, body, _ = door.ask(host, headers={**claimed, **SIGNED_IN, "X-Mine": "kept"})
    headers = told(body)["headers"]
    assert (status, headers["x-mine"]) == (200, "kept")
    assert [name for name, value in headers.items() if value == "root"] == []


def test_client_address_is_not_believed(door: Door) -> None:
    claimed = {"X-Forwarded-For": "9.9.9.9", "X-Real-Ip": "9.9.9.9", "Cf-Connecting-Ip": "9.9.9.9"}
    headers = told(door.ask(OWN, headers=claimed)[1])["headers"]
    assert headers["x-forwarded-for"] == headers["x-real-ip"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "https"
    assert "9.9.9.9" not in headers.values()


@pytest.mark.parametrize("host", [f"{LOGIN}.", "other.hearth.localhost", "127.0.0.1", "[::1]"])
def test_unknown_host_is_misdirected(door: Door, host: str) -> None:
    status, body, _ = door.ask(host, sni=OWN, headers=SIGNED_IN)
    assert (status, body) in {(421, b""), (401, body)}
    assert door.ask(host, plain=True)[0] == 404


def test_another_case_of_host_asks_too(door: Door) -> None:
    assert door.ask(LOGIN.upper(), sni=LOGIN)[0] == 401


def test_unknown_name_gets_no_certificate(door: Door) -> None:
    with pytest.raises(ssl.SSLError):
        door.connect("other.hearth.localhost")


def test_plain_names_lead_to_https(door: Door) -> None:
    status, _, headers = door.ask(LOGIN, "/page", plain=True)
    assert status == 308
    assert headers["Location"].startswith(f"https://{LOGIN}")


def test_own_authority_signs(door: Door) -> None:
    connection = door.connect(OWN)
    names = connection.sock.getpeercert()["subjectAltName"]  # type: ignore[attr-defined]  # over TLS
    connection.close()
    assert ("DNS", OWN) in names


def test_security_headers(door: Door) -> None:
    _, _, headers = door.ask(OWN)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert "Server" not in headers
    assert "Strict-Transport-Security" not in headers


def test_own_policy_of_service_stays(door: Door) -> None:
    assert door.ask(OWN, "/own-csp")[2]["Content-Security-Policy"] == "default-src 'none'"


def test_websocket_passes_login(door: Door) -> None:
    with connect(
        f"wss://{SOCKET}:{door.https}/",
        additional_headers=SIGNED_IN,
        sock=socket.create_connection(("127.0.0.1", door.https)),
        ssl=door.trusting(),
    ) as client:
        client.send("hello")
        assert client.recv(timeout=5) == "hello"


def test_websocket_asks_strangers(door: Door) -> None:
    sock = socket.create_connection(("127.0.0.1", door.https))
    with (
        pytest.raises(InvalidStatus, match="401"),
        connect(f"wss://{SOCKET}:{door.https}/", sock=sock, ssl=door.trusting()),
    ):
        pass


def test_upload_streams(door: Door) -> None:
    connection = door.connect(LOGIN)
    connection.putrequest("PUT", "/file", skip_host=True)
    connection.putheader("Host", LOGIN)
    connection.putheader("Content-Length", str(UPLOAD_BYTES))
    connection.putheader("Cookie", SESSION)
    connection.endheaders()
    piece = bytes(1 << 20)
    for _ in range(UPLOAD_BYTES >> 20):
        connection.send(piece)
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, str(UPLOAD_BYTES).encode())
    connection.close()
    assert door.peak_memory() < 128 << 20


def test_events_arrive_as_they_are_sent(door: Door) -> None:
    connection = door.connect(OWN)
    connection.request("GET", "/events", headers={"Host": OWN})
    response = connection.getresponse()
    sent = float(read_line(response).split()[2])
    # What is gathered first would come at the end, four seconds after it was sent.
    assert time.monotonic() - sent < 2
    connection.close()


@pytest.fixture
def tunnel(gateway: Gateway, tmp_path: Path) -> Iterator[Door]:
    behind = replace(gateway, secure=False, authority="public", tunnel="cloudflared")
    with running_caddy(behind, tmp_path, behind=("127.0.0.1/32",)) as running:
        yield running


def test_tunnel_tells_client(tunnel: Door) -> None:
    said = {"Cf-Connecting-Ip": "203.0.113.9", "X-Forwarded-For": "9.9.9.9"}
    headers = told(tunnel.ask(OWN, plain=True, headers=said)[1])["headers"]
    assert headers["x-real-ip"] == "203.0.113.9"
    assert headers["x-forwarded-for"].split(", ")[0] == "203.0.113.9"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-host"] == OWN


def test_tunnel_asks_strangers(tunnel: Door) -> None:
    status, body, _ = tunnel.ask(LOGIN, "/page", plain=True)
    assert (status, body) == (401, f"sign in for https://{LOGIN}/page".encode())
    assert tunnel.ask(LOGIN, "/page", plain=True, headers=SIGNED_IN)[0] == 200


def test_without_sign_in_stays_shut(gateway: Gateway, tmp_path: Path) -> None:
    with running_caddy(replace(gateway, sign_in=None), tmp_path) as shut:
        assert shut.ask(LOGIN, headers=SIGNED_IN)[0] == 403
        assert shut.ask(LOGIN, "/healthz")[0] == 200
        assert shut.ask(OWN)[0] == 200


def test_only_allowed_networks_connect(gateway: Gateway, tmp_path: Path) -> None:
    with running_caddy(replace(gateway, allow_from=CLOUDFLARE), tmp_path) as picky:
        assert picky.ask(OWN, headers={"X-Forwarded-For": "173.245.48.1"})[0] == 403
        assert picky.ask(LOGIN, headers=SIGNED_IN)[0] == 403
