"""A project's own Compose file, taken in and brought up on Hearth's PostgreSQL on a real engine.

The program is a placeholder; the database that it is given, and the password for it, are real.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from journey import Installation
from lab.ports import free_base_port
from lab.shell import run

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]

FILE = """\
# As a project's README has it.
services:
  web:
    image: hearth-lab/placeholder:1
    depends_on: [db]
    ports: ["3000:8080"]
    environment:
      DATABASE_URL: postgres://wiki:wiki@db:5432/wiki
      PLACEHOLDER_LINES: "1"
  db:
    image: postgres:17.6
    environment: {POSTGRES_USER: wiki, POSTGRES_PASSWORD: wiki, POSTGRES_DB: wiki}
    volumes: ["data:/var/lib/postgresql/data"]
volumes: {data: {}}
"""


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Installation]:
    """An installation without any service, ended with its data."""
    home = tmp_path / "home"
    home.mkdir()
    base = free_base_port()
    (home / ".env").write_text(f"ENGINE=compose\nPRESET=none\nBASE_PORT={base}\n")
    installation = Installation(home=home)
    yield installation
    installation.run("down", "--delete-data", "--yes")


def test_a_file_of_ones_own_comes_up_on_hearths_postgres(
    mine: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "docker-compose.yml"
    file.write_text(FILE)
    mine.must("add", str(file), "--name", "wiki", "--use", "postgres", "--yes")
    mine.must("enable", "wiki")
    mine.must("up", "--yes")
    status = json.loads(mine.must("status", "--json"))
    assert status["problems"] == []
    plan = json.loads(mine.must("plan", "--json"))
    units = {unit["name"] for unit in plan["units"]}
    assert "postgres" in units
    assert not any("db" in unit for unit in units), units
    (image,) = [unit["spec"]["image"] for unit in plan["units"] if unit["name"] == "postgres"]
    (web,) = [unit for unit in plan["units"] if unit["service"] == "wiki"]
    container = f"{plan['project']}-{web['name']}-1"
    environment = dict(
        line.split("=", 1)
        for line in json.loads(run("docker", "inspect", container))[0]["Config"]["Env"]
    )
    url = environment["DATABASE_URL"]
    assert "wiki:wiki" not in url
    # From a container beside it, with the address and the password that the program was given.
    asked = run(
        *("docker", "run", "--rm", "--network", f"container:{container}", "--env", f"URL={url}"),
        *("--entrypoint", "sh", image, "-c"),
        'psql "$URL" -Atc "select current_user, current_database()"',
    )
    assert asked.strip() == "wiki|wiki"
    (url,) = [each["url"] for each in status["services"] if each["name"] == "wiki"]
    with urllib.request.urlopen(f"{url}/ready", timeout=10) as answer:
        assert answer.status == 200
