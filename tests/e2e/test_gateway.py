"""The gateway must balance several, open one door in public mode, and none behind a tunnel.

Caddy is real, and so is the service behind it. In place of cloudflared stands a program in the
network of its placeholder: this proves what the tunnel can reach, not Cloudflare.
"""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from journey import Installation
from lab.images import PYTHON
from lab.ports import free_base_port

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

REQUESTS = 300
ECHO = """\
import json, socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.dumps({"at": socket.gethostname(), "headers": headers}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("", 8000), Echo).serve_forever()
"""
SERVICE = """\
x-hearth:
  title: {name}
  summary: Says where it is
  home: https://example.org
  licence: MIT
  port: {offset}
  route: {route}
  memory: {{typical: 20M, limit: 128M}}
  stateless: {stateless}
services:
  {name}:
    image: {image}
    read_only: true
    init: true
    expose: ["8000"]
    command: [python, /echo.py]
    volumes: ["./echo.py:/echo.py:ro"]
    healthcheck:
      test: [CMD, python, -c, "import socket; socket.create_connection(('127.0.0.1', 8000), 2)"]
      interval: 2s
      timeout: 3s
      retries: 5
      start_period: 20s
"""
HOST = "counter.hearth.localhost"
ASK = """\
import sys, urllib.request
headers = {"Host": sys.argv[2], "Cf-Connecting-Ip": "203.0.113.9", "X-Forwarded-For": "9.9.9.9"}
request = urllib.request.Request(sys.argv[1], headers=headers)
print(urllib.request.urlopen(request, timeout=10).read().decode())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door(Installation):
    """An installation with a gateway, a service that signs people in, and one that does not."""

    base_port: int

    def say(self, **settings: str) -> None:
        lines = {"ENGINE": "compose", "PRESET": "none", "BASE_PORT": str(self.base_port)}
        lines |= {"DOMAIN": "hearth.localhost", "CADDY_SOURCE": "container"}
        lines |= {"COUNTER_SOURCE": "container", "DESK_SOURCE": "container", **settings}
        text = "".join(f"{key}={value}\n" for key, value in lines.items())
        (self.home / ".env").write_text(text)

    def project(self) -> str:
        return str(json.loads((self.home / "applied.json").read_text())["project"])

    def get(self, port: int, host: str, *, root: str = "") -> tuple[int, dict[str, Any]]:
        """Ask through the gateway; over TLS where a root is given."""
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.connect()
        if root:
            trusting = ssl.create_default_context(cadata=root)
            connection.sock = trusting.wrap_socket(connection.sock, server_hostname=host)
        connection.request("GET", "/", headers={"Host": host})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, json.loads(body) if answer.status == 200 else {}


@pytest.fixture(scope="module")
def door(engine: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    home: Path = tmp_path_factory.mktemp("gateway")
    routes = {"counter": "{name: counter, access: own}", "desk": "desk"}
    for offset, (name, route) in enumerate(routes.items(), start=200):
        folder = home / "services" / name
        folder.mkdir(parents=True)
        is_stateless = str(name == "counter").lower()
        said = {"name": name, "route": route, "offset": offset, "stateless": is_stateless}
        (folder / "compose.yaml").write_text(SERVICE.format(image=PYTHON, **said))
        (folder / "echo.py").write_text(ECHO)
    made = Door(home=home, base_port=free_base_port())
    try:
        yield made
    finally:
        made.must("down", "--delete-data", "--yes")


def containers(door: Door, unit: str) -> list[dict[str, Any]]:
    """Inspect the containers of one unit that run."""
    label = f"label=hearth.project={door.project()}"
    found = docker("ps", "--quiet", "--filter", label, "--filter", f"label=hearth.unit={unit}")
    inspected: list[dict[str, Any]] = json.loads(docker("inspect", *found.split()))
    return inspected


def docker(*arguments: str) -> str:
    done = subprocess.run(
        ("docker", *arguments), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask_many(door: Door, count: int) -> list[tuple[int, str]]:
    def one(_number: int) -> tuple[int, str]:
        status, said = door.get(door.base_port, HOST)
        return status, said.get("at", "")

    with ThreadPoolExecutor(max_workers=6) as pool:
        return list(pool.map(one, range(count)))


def test_gateway_balances_three(door: Door) -> None:
    door.say(COUNTER_SCALE="3")
    door.must("up", "--yes")
    assert len(containers(door, "counter")) == 3
    answers = ask_many(door, REQUESTS)
    assert {status for status, _ in answers} == {200}
    counted = Counter(at for _, at in answers)
    assert len(counted) == 3
    assert min(counted.values()) > REQUESTS * 0.2
    shown = json.loads(door.must("status", "--json"))["services"]
    units = next(each["units"] for each in shown if each["name"] == "counter")
    assert [(unit["replica"], unit["health"]) for unit in units] == [
        (number, "healthy") for number in (1, 2, 3)
    ]


def test_killed_replica_is_left_out(door: Door) -> None:
    victim = containers(door, "counter")[0]
    with ThreadPoolExecutor(max_workers=1) as pool:
        asking = pool.submit(ask_many, door, REQUESTS)
        docker("kill", victim["Id"])
        answers = asking.result()
    assert Counter(status for status, _ in answers) == {200: REQUESTS}
    later = {at for _, at in ask_many(door, 60)}
    assert later == {each["Config"]["Hostname"] for each in containers(door, "counter")}
    assert victim["Config"]["Hostname"] not in later


def test_stateful_is_not_scaled(door: Door) -> None:
    door.say(DESK_SCALE="2")
    refused = door.run("up", "--yes")
    assert refused.returncode == 1
    assert "DESK_SCALE" in refused.stderr


def test_public_mode_opens_one_door(door: Door) -> None:
    door.say(MODE="public")
    door.must("up", "--yes")
    ports = {
        unit: sorted(containers(door, unit)[0]["HostConfig"]["PortBindings"] or {})
        for unit in ("caddy", "counter", "desk")
    }
    assert ports == {"caddy": ["443/tcp", "80/tcp"], "counter": [], "desk": []}
    caddy = containers(door, "caddy")[0]["Id"]
    root = docker("exec", caddy, "cat", "/data/caddy/pki/authorities/local/root.crt")
    status, said = door.get(443, HOST, root=root)
    assert (status, said["headers"]["x-forwarded-proto"]) == (200, "https")
    # Nobody signs people in here, so what would need it stays shut.
    assert door.get(443, "desk.hearth.localhost", root=root)[0] == 403
    assert door.get(80, HOST)[0] == 308
    assert door.get(80, "other.hearth.localhost")[0] == 404


def test_tunnel_opens_no_port(door: Door) -> None:
    secrets = door.home / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "cloudflared_tunnel_token").write_text("a-token")
    (secrets / "cloudflared_tunnel_token").chmod(0o600)
    door.say(MODE="tunnel", DOMAIN="example.org")
    door.must("up", "--yes")
    units = ("caddy", "cloudflared", "counter", "desk")
    assert [u for u in units if containers(door, u)[0]["HostConfig"]["PortBindings"]] == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", door.base_port)) != 0
    rules = (door.home / "rendered" / "configs" / "cloudflared" / "config.yml").read_text()
    assert "hostname: counter.example.org\n  service: http://caddy:80\n" in rules
    tunnel = containers(door, "cloudflared")[0]["Id"]
    inside = ("run", "--rm", "--network", f"container:{tunnel}", PYTHON, "python", "-c", ASK)
    told = json.loads(docker(*inside, "http://caddy:80/", "counter.example.org"))["headers"]
    assert told["x-real-ip"] == "203.0.113.9"
    assert told["x-forwarded-for"].startswith("203.0.113.9")
    assert told["x-forwarded-proto"] == "https"
    refused = subprocess.run(
        ("docker", *inside, "http://caddy:80/", "desk.example.org"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "HTTP Error 403" in refused.stderr
    past = subprocess.run(
        ("docker", *inside, "http://counter:8000/", "counter.example.org"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Name or service not known" in past.stderr or "name resolution" in past.stderr


def test_door_cannot_write_to_its_root(door: Door) -> None:
    caddy = containers(door, "caddy")[0]
    assert caddy["HostConfig"]["ReadonlyRootfs"] is True
    # Engines from 28 on tell them by their whole names.
    added = [name.removeprefix("CAP_") for name in caddy["HostConfig"]["CapAdd"]]
    assert added == ["NET_BIND_SERVICE"]
    done = subprocess.run(
        ("docker", "exec", caddy["Id"], "sh", "-c", "echo > /usr/bin/x"),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert "Read-only file system" in done.stderr
