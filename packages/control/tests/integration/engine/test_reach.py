"""Real servers asked on loopback: HTTP, PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hearth_control.engine.reach.ask import ask
from hearth_control.engine.reach.bundle import PROGRAM, bundle, read_said
from hearth_control.engine.reach.said import Request

pytestmark = pytest.mark.integration


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        allowed = self.headers.get("Authorization") == "Bearer key"
        body = b'{"version": "9.9"}'
        self.send_response(200 if allowed or self.path == "/open" else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def http(port: int, path: str, **more: str) -> Request:
    return Request("http", "127.0.0.1", port, f"http://127.0.0.1:{port}{path}", **more)


def test_http_open_answers(web) -> None:
    said = ask(http(web, "/open"))
    assert (said.stage, said.version) == ("answers", "9.9")


def test_http_key_decides(web) -> None:
    assert ask(http(web, "/")).stage == "auth"
    assert ask(http(web, "/", password="key")).stage == "answers"  # the test's own


def test_wrong_protocol_told(web) -> None:
    assert ask(Request("redis", "127.0.0.1", web, seconds=2)).stage == "speak"


def test_closed_port_told() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        said = ask(Request("tcp", "127.0.0.1", held.getsockname()[1]))
    assert said.stage == "connect"
    assert said.said == "connection refused: nothing listens there"


def test_server_without_tls_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        said = ask(Request("redis", "127.0.0.1", port, tls=True, seconds=0.2))
    assert said.stage == "speak"
    assert said.said == "it does not answer TLS: perhaps it speaks without (redis://)"


def test_program_runs_alone(web) -> None:
    requests = [http(web, "/open"), http(web, "/")]
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM],
        env=dict(bundle(requests)),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    said = read_said(done.stdout, 2)
    assert said is not None
    assert [one.stage for one in said] == ["answers", "auth"]


@pytest.fixture(scope="module", params=["scram-sha-256", "md5", "password"])
def database(request, tmp_path_factory) -> Iterator[int]:
    """Run a PostgreSQL with the role `app`, password `right`, and its sign-in by the method."""
    found = next(Path("/usr/lib/postgresql").glob("*/bin"), None)
    programs = found or Path(shutil.which("postgres") or "").parent
    if not (programs / "initdb").exists():
        pytest.skip("no PostgreSQL is installed here")
    folder = tmp_path_factory.mktemp("pg")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    user = {}
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        for parent in folder.parents[:3]:
            parent.chmod(parent.stat().st_mode | 0o755)
        user = {"user": "postgres"}
    data, kind = folder / "data", request.param
    run = partial(subprocess.run, check=True, capture_output=True, timeout=60, cwd=folder, **user)
    run([programs / "initdb", "-D", data, "-U", "boss", "-A", "trust"])
    how = "md5" if kind == "md5" else "scram-sha-256"
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c password_encryption={how}"
    start = [programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options]
    run([*start, "start"])
    try:
        sql = "CREATE ROLE app LOGIN PASSWORD 'right'"
        psql = [programs / "psql", "-h", folder, "-p", str(port), "-U", "boss", "-d", "postgres"]
        run([*psql, "-c", sql])
        (data / "pg_hba.conf").write_text(f"host all all 127.0.0.1/32 {kind}\n")
        run([programs / "pg_ctl", "-D", data, "reload"])
        yield port
    finally:
        run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"])


def postgres(port: int, **more: str) -> Request:
    return Request("postgres", "127.0.0.1", port, database="postgres", **more)


def test_postgres_password_decides(database) -> None:
    said = ask(postgres(database, user="app", password="right"))  # the test's own
    assert said.stage == "answers"
    assert said.version
    wrong = ask(postgres(database, user="app", password="wrong"))  # the test's own
    assert wrong.stage == "auth"
    assert wrong.said == 'password authentication failed for user "app"'


def test_postgres_without_password(database) -> None:
    assert ask(postgres(database)).stage == "answers"


def test_postgres_missing_database(database) -> None:
    request = postgres(database, user="app", password="right")._replace(
        database="none"
    )  # the test's own
    assert ask(request).said == 'database "none" does not exist'
