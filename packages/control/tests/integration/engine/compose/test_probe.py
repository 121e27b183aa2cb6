"""Probes from outside, against real listeners on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hearth_control.catalog.model import Probe
from hearth_control.engine.compose.probe import OUTSIDE, ask

pytestmark = pytest.mark.integration


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response({"/ready": 204, "/moved": 302, "/busy": 503}.get(self.path, 404))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def at(address: str) -> dict[str, Any]:
    return {"NetworkSettings": {"Networks": {"lan": {"IPAddress": address}}}}


def published(inner: int, port: int) -> dict[str, Any]:
    return {"NetworkSettings": {"Ports": {f"{inner}/tcp": [{"HostIp": "", "HostPort": str(port)}]}}}


@pytest.mark.parametrize(
    ("path", "accept", "said"),
    [
        ("/ready", (), ""),
        ("/moved", (), ""),
        ("/busy", (), "127.0.0.1:{port}/busy: answered 503"),
        ("/busy", (503,), ""),
        ("/ready", (200,), "127.0.0.1:{port}/ready: answered 204"),
    ],
)
def test_http_is_judged_by_status(port: int, path: str, accept: tuple[int, ...], said: str) -> None:
    probe = Probe(port=port, http=path, accept=accept)
    assert ask(probe, at("127.0.0.1"), is_local=True) == said.format(port=port)


def test_tcp_is_judged_by_accepting(port: int) -> None:
    assert ask(Probe(port=port), at("127.0.0.1"), is_local=True) == ""


def test_closed_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said = ask(Probe(port=port), at("127.0.0.1"), is_local=True)
    assert said == f"127.0.0.1:{port}: connection refused"


def test_published_port_is_asked_on_loopback(port: int) -> None:
    assert ask(Probe(port=80, http="/ready"), published(80, port), is_local=False) == ""


def test_host_network_is_loopback(port: int) -> None:
    found = {"HostConfig": {"NetworkMode": "host"}}
    assert ask(Probe(port=port, http="/ready"), found, is_local=True) == ""


def test_remote_container_without_port_says_so(port: int) -> None:
    assert ask(Probe(port=port), at("127.0.0.1"), is_local=False) == OUTSIDE


@contextmanager
def closing_proxy() -> Iterator[int]:
    """Accept and close at once, as Docker's proxy does when nothing listens behind it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept_and_close() -> None:
            server.accept()[0].close()

        thread = threading.Thread(target=accept_and_close, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(2)


def test_proxy_without_listener_is_no_answer() -> None:
    with closing_proxy() as port:
        said = ask(Probe(port=80), published(80, port), is_local=False)
    assert said == f"127.0.0.1:{port}: closed at once"
