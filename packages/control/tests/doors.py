"""A real Caddy on loopback, with real programs behind it: what gateway tests stand on."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hearth_control.plan.model import Gateway
from hearth_control.render.gateway import caddyfile

SESSION = "session=ann"


class Handler(BaseHTTPRequestHandler):
    """What every program here shares: a quiet log and answers with a length."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Echo(Handler):
    """Tells what arrived; `/events` is a stream, a body is counted and thrown away."""

    def do_GET(self) -> None:
        if self.path == "/events":
            self.stream()
            return
        own = {"Content-Security-Policy": "default-src 'none'"} if self.path == "/own-csp" else {}
        said = {"target": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}
        self.answer(200, json.dumps(said).encode(), {"Server": "echo", **own})

    def do_PUT(self) -> None:
        left = length = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        self.answer(200, str(length).encode())

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        with suppress(BrokenPipeError):  # whoever saw enough hangs up
            for number in range(4):
                self.wfile.write(f"data: {number} {time.monotonic()}\n\n".encode())
                self.wfile.flush()
                time.sleep(1)


class SignIn(Handler):
    """Stands in for the sign-in: it knows one session, and who it is."""

    def do_GET(self) -> None:
        if SESSION in self.headers.get("Cookie", ""):
            self.answer(200, b"", {"Remote-User": "ann", "Remote-Email": "ann@example.org"})
        else:
            asked = self.headers.get("X-Forwarded-Host", "") + self.headers["X-Forwarded-Uri"]
            proto = self.headers.get("X-Forwarded-Proto", "")
            self.answer(401, f"sign in for {proto}://{asked}".encode())


@contextmanager
def serving(handler: type[Handler]) -> Iterator[str]:
    """Run a program on loopback; gives `host:port`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A running gateway: where it listens, its process, and the root that signs its names."""

    http: int
    https: int
    admin: int
    pid: int

    def ask(
        self,
        host: str,
        target: str = "/",
        *,
        headers: Mapping[str, str] | None = None,
        plain: bool = False,
        sni: str | None = None,
    ) -> tuple[int, bytes, dict[str, str]]:
        """Send one GET whose target and host go over the wire as they are written."""
        connection = self.connect(sni or host, plain=plain)
        try:
            connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": host, **(headers or {})}.items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, response.read(), dict(response.getheaders())
        finally:
            connection.close()

    def connect(self, name: str, *, plain: bool = False) -> HTTPConnection:
        """Open a connection; over TLS the name is checked against the gateway's own root."""
        connection = HTTPConnection("127.0.0.1", self.http if plain else self.https, timeout=20)
        connection.connect()
        if plain:
            return connection
        try:
            connection.sock = self.trusting().wrap_socket(connection.sock, server_hostname=name)
        except OSError:
            connection.close()
            raise
        return connection

    def trusting(self) -> ssl.SSLContext:
        """Trust the gateway's own root and nothing else."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/pki/ca/local") as answer:
            root = json.load(answer)["root_certificate"]
        return ssl.create_default_context(cadata=root)

    def peak_memory(self) -> int:
        """Give the most memory that the gateway ever held, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


def find_caddy() -> str:
    """Find the program; without it the test is skipped, or fails where all must be there."""
    found = os.environ.get("HEARTH_CADDY") or shutil.which("caddy")
    if found is None:
        reason = "caddy is not installed; sudo apt-get install caddy"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return found


@contextmanager
def running_caddy(
    gateway: Gateway, folder: Path, *, behind: tuple[str, ...] = ()
) -> Iterator[Door]:
    """Run Caddy on the file as it is rendered, but for the ports and folders of a test."""
    http, https, admin = free_ports(3)
    program = find_caddy()
    rendered = caddyfile(gateway, behind=behind)
    own = f"{{\n\thttp_port {http}\n\thttps_port {https}\n\tadmin 127.0.0.1:{admin}\n"
    file = folder / "Caddyfile"
    file.write_text(rendered.replace("{\n", own, 1))
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "PATH": os.environ["PATH"]}
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(
            (program, "run", "--config", str(file), "--adapter", "caddyfile"),
            env={**environment, "XDG_CONFIG_HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        door = Door(http=http, https=https, admin=admin, pid=process.pid)
        names = [route.host for route in gateway.routes] if gateway.secure else []
        _await(door, names, process, log=folder / "caddy.log")
        yield door
    finally:
        process.terminate()
        process.wait(10)


def _await(
    door: Door, names: Sequence[str], process: subprocess.Popen[bytes], *, log: Path
) -> None:
    """Wait until it answers, and has a certificate for every name."""
    until = time.monotonic() + 15
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{door.http}/health", timeout=1):
                for name in names:
                    door.connect(name).close()
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"caddy does not answer: {log.read_text()[-2000:]}")


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def told(body: bytes) -> dict[str, Any]:
    """Read what the echo says."""
    said = json.loads(body)
    assert isinstance(said, dict)
    return said


def read_line(response: HTTPResponse) -> bytes:
    """Read up to the next line that has text."""
    return next(line for line in iter(response.readline, b"") if line.strip())
