"""Secrets on a real engine: where every value is, where none may be, and what takes a new one.

PostgreSQL and Valkey are real, the other programs placeholders: this proves who is handed what and
how, and that databases take passwords of any characters; not that each program reads its file.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from journey import ROOT, Installation
from lab.ports import free_base_port
from leaks import held, public_places, secret_values

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

SERVICES = ("postgres", "redis", "n8n", "infisical", "tinyauth")
HOSTILE = "p@ss'w\"o$rd%41 \\ {x}/#?&=;ü☃`id`"
WORD = "a-value-that-fits-nowhere-s3cret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An installation that is up, and what it was told."""

    installation: Installation
    said: str

    @property
    def home(self) -> Path:
        return self.installation.home

    def values(self) -> dict[str, str]:
        return secret_values(self.home)

    def plan(self) -> dict[str, Any]:
        """Plan; with errors in it the verb ends with 1 and gives the plan all the same."""
        found: dict[str, Any] = json.loads(self.installation.run("plan", "--json").stdout)
        return found

    @property
    def project(self) -> str:
        found: str = json.loads((self.home / "applied.json").read_text())["project"]
        return found

    def inspected(self) -> dict[str, str]:
        """Give everything that the engine says of each container, by unit."""
        label = f"label=hearth.project={self.project}"
        ids = docker("ps", "--all", "--quiet", "--filter", label).split()
        found: list[dict[str, Any]] = json.loads(docker("inspect", *ids))
        return {
            one["Config"]["Labels"]["hearth.unit"]: json.dumps(one, ensure_ascii=False)
            for one in found
        }

    def container(self, unit: str) -> str:
        return f"{self.project}-{unit}-1"

    def environment(self, unit: str) -> Mapping[str, str]:
        text = docker("inspect", "--format", "{{json .Config.Env}}", self.container(unit))
        return dict(pair.split("=", 1) for pair in json.loads(text))

    def can_sign_in(self, url: str) -> bool:
        """Ask the database by an address, over the network, where a password is demanded."""
        argv = ("docker", "exec", "-e", f"URL={url}", self.container("postgres"))
        script = 'exec psql --no-psqlrc --tuples-only --command="SELECT 1" "$URL"'
        done = subprocess.run((*argv, "sh", "-c", script), capture_output=True, check=False)
        return done.returncode == 0

    def hearth(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return hearth(self.home, *arguments, stdin=stdin)


def docker(*arguments: str) -> str:
    done = subprocess.run(("docker", *arguments), capture_output=True, text=True, check=True)
    return done.stdout + (done.stderr if arguments[0] == "logs" else "")


def hearth(home: Path, *arguments: str, stdin: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "hearth"), "--home", str(home), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, engine: object) -> Iterator[Running]:
    del engine
    home = tmp_path_factory.mktemp("secrets") / "home"
    home.mkdir()
    sources = "".join(f"{name.upper()}_SOURCE=container\n" for name in SERVICES)
    choices = "ENGINE=compose\nPRESET=none\nPOSTGRES_PROVIDER=postgres\n"
    (home / ".env").write_text(f"{choices}BASE_PORT={free_base_port()}\n{sources}")
    installation = Installation(home=home)
    try:
        for key in ("infisical_db_infisical", "n8n_db_n8n", "tinyauth_admin_password"):
            done = hearth(home, "secrets", "set", key, "--yes", stdin=f"{key}{HOSTILE}\n")
            assert done.returncode == 0, done.stderr
        done = installation.run("up", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        yield Running(installation=installation, said=done.stdout + done.stderr)
    finally:
        installation.run("down", "--delete-data", "--yes")


def test_no_value_is_written_told_or_logged(running: Running) -> None:
    values = running.values()
    kinds = {
        each["kind"]
        for each in json.loads(running.installation.must("secrets", "list", "--json"))["secrets"]
    }
    assert {"hex", "base64", "password", "bcrypt"} <= kinds
    containers = map(running.container, running.inspected())
    places = public_places(running.installation, running.said, containers)
    assert {place: found for place, text in places.items() if (found := held(values, text))} == {}
    print(f"{len(values)} values in none of {len(places)} places")


def test_engine_shows_a_value_only_where_the_image_reads_no_file(running: Running) -> None:
    values = running.values()
    by_variable: set[tuple[str, str]] = set()
    by_file: set[tuple[str, str]] = set()
    for unit in running.plan()["units"]:
        for use in unit["secrets"]:
            (by_variable if use["variable"] else by_file).add((unit["name"], use["key"]))
    shown = {
        (unit, key) for unit, text in running.inspected().items() for key in held(values, text)
    }
    assert shown - by_variable == set()
    # What this looks for is there to be found.
    assert ("infisical", "infisical_encryption_key") in shown
    # It has a file for its key, so nothing shows it.
    assert ("n8n", "n8n_encryption_key") in by_file
    print(f"{len(by_file)} uses by file, {len(shown)} shown of {len(by_variable)} by variable")


def test_files_are_read_by_programs_of_any_user(running: Running) -> None:
    script = "id -u; cat /run/secrets/redis_password"
    container = running.container("redis")
    said = docker("exec", "--user", "12345", container, "sh", "-c", script).split()
    assert said == ["12345", running.values()["redis_password"]]
    assert oct((running.home / "mounted").stat().st_mode & 0o777) == "0o700"


def test_password_of_any_characters_signs_in_by_address(running: Running) -> None:
    assert running.values()["infisical_db_infisical"].endswith(HOSTILE)
    url = running.environment("infisical")["DB_CONNECTION_URI"]
    assert running.can_sign_in(url)
    assert not running.can_sign_in(url.replace("%40", "%41"))


def test_rotated_passwords_hold_and_old_ones_do_not(running: Running) -> None:
    before, old_url = running.values(), running.environment("infisical")["DB_CONNECTION_URI"]
    keys = ("postgres_password", "infisical_db_infisical", "redis_password")
    running.installation.must("secrets", "rotate", *keys, "--yes")
    after = running.values()
    assert {key for key in after if after[key] != before[key]} == set(keys)
    assert running.can_sign_in(running.environment("infisical")["DB_CONNECTION_URI"])
    assert not running.can_sign_in(old_url)
    superuser = "postgresql://postgres:{}@postgres/postgres"
    assert running.can_sign_in(superuser.format(after["postgres_password"]))
    assert not running.can_sign_in(superuser.format(before["postgres_password"]))
    ping = 'REDISCLI_AUTH="$1" valkey-cli ping'
    argv = ("exec", running.container("redis"), "sh", "-c", ping, "sh")
    assert docker(*argv, after["redis_password"]).strip() == "PONG"
    assert "PONG" not in docker(*argv, before["redis_password"])
    assert json.loads(running.installation.must("plan", "--json"))["steps"] == []


def test_password_changed_over_its_volume_is_found_before_start(running: Running) -> None:
    path = running.home / "secrets" / "postgres_password"
    path.write_text("ab" * 24)
    (note,) = [note for note in running.plan()["notes"] if note["code"] == "secret-changed"]
    assert note["hint"] == "hearth secrets rotate postgres_password"
    assert running.installation.run("up", "--yes").returncode == 1
    running.installation.must("secrets", "rotate", "postgres_password", "--yes")
    password = running.values()["postgres_password"]
    assert running.can_sign_in(f"postgresql://postgres:{password}@postgres/postgres")


def test_errors_tell_no_value(running: Running) -> None:
    values = {**running.values(), "word": WORD}
    refused = [
        running.hearth("secrets", "set", "redis_password", "--yes", stdin=WORD),
        running.hearth("secrets", "set", "n8n_encryption_key", "--yes", stdin="ef" * 32),
        running.hearth("secrets", "rotate", "n8n_encryption_key"),
        running.hearth("secrets", "pull"),
    ]
    path = running.home / "secrets" / "redis_password"
    good = path.read_bytes()
    try:
        path.write_bytes(good + b"\xff")
        refused.append(running.hearth("up", "--yes"))
    finally:
        path.write_bytes(good)
    for done in refused:
        assert done.returncode not in {0, 2}, done
        assert "Traceback" not in done.stderr
        assert held(values, done.stdout + done.stderr) == set()
