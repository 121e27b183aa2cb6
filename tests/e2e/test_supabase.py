"""Supabase serves everybody's databases: on a real engine, PostgreSQL, Caddy and lambda server.

Its other programs are placeholders: this proves databases, passwords and the gateway's door.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from journey import Installation
from lab.ports import free_base_port

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

ENV = "ENGINE=compose\nPOSTGRES_PROVIDER=supabase\nSUPABASE_SOURCE=container\n"
LAMBDA = "LAMBDA_SERVER_SOURCE=container\nPRESET=\n"
GATEWAY_OFFSET = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An installation whose databases are Supabase's."""

    installation: Installation
    project: str
    base_port: int

    def secret(self, key: str) -> str:
        return (self.installation.home / "secrets" / key).read_text().strip()

    def ask(
        self, sql: str, *, user: str, password: str, database: str
    ) -> subprocess.CompletedProcess[str]:
        """Ask as a role over the network, where a password is demanded."""
        container = f"{self.project}-supabase-db-1"
        shell = 'exec psql -h "$(hostname -i | cut -d" " -f1)" -U "$1" -d "$2" -tAc "$3"'
        argv = ("docker", "exec", "-e", f"PGPASSWORD={password}", container)
        return subprocess.run(
            (*argv, "bash", "-c", shell, "psql", user, database, sql),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    def status(self, path: str, headers: dict[str, str]) -> int:
        url = f"http://127.0.0.1:{self.base_port + GATEWAY_OFFSET}{path}"
        try:
            request = urllib.request.Request(url, headers=headers)
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code


@pytest.fixture(scope="module")
def running(engine: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home: Path = tmp_path_factory.mktemp("supabase")
    base_port = free_base_port()
    (home / ".env").write_text(f"{ENV}{LAMBDA}BASE_PORT={base_port}\n")
    installation = Installation(home=home)
    try:
        installation.must("up", "--yes")
        project = json.loads(installation.must("plan", "--json"))["project"]
        yield Running(installation=installation, project=project, base_port=base_port)
    finally:
        installation.run("down", "--delete-data", "--yes")


def test_consumer_has_own_database(running: Running) -> None:
    password = running.secret("lambda-server_db_hearth_owner")
    sql = "SELECT count(*) > 0 FROM pg_tables WHERE tableowner = 'hearth_owner'"
    own = running.ask(sql, user="hearth_owner", password=password, database="hearth")
    assert own.stdout.strip() == "t", own.stderr
    other = running.ask(sql, user="hearth_owner", password=password, database="postgres")
    assert 'permission denied for database "postgres"' in other.stderr


def test_gateway_asks_for_keys(running: Running) -> None:
    anon = {"apikey": running.secret("supabase_anon_key")}
    service = {"apikey": running.secret("supabase_service_key")}
    assert running.status("/rest/v1/things", {}) == 401
    assert running.status("/rest/v1/things", {"apikey": "guessed"}) == 401
    assert running.status("/rest/v1/things", anon) == 200
    assert running.status("/pg/tables", anon) == 403
    assert running.status("/pg/tables", service) == 200
    assert running.status("/mcp", service) == 403
    assert running.status("/", service) == 401


def test_changed_password_arrives(running: Running) -> None:
    key = "supabase_auth_db_password"
    before, after = running.secret(key), secrets.token_hex(24)
    (running.installation.home / "secrets" / key).write_text(after)
    shown = running.installation.must("plan")
    assert [line.split()[:2] for line in shown.splitlines() if "secrets" in line] == [
        ["run", "supabase-provision"],
        ["recreate", "supabase-auth"],
    ]
    running.installation.must("up", "--yes")
    role = {"user": "supabase_auth_admin", "database": "postgres"}
    assert running.ask("SELECT 7", password=after, **role).stdout.strip() == "7"
    refused = running.ask("SELECT 7", password=before, **role)
    assert "password authentication failed" in refused.stderr
