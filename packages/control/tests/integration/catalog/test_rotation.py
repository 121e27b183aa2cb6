"""Each store's own way to a new password, run by a real shell with stand-ins for its programs."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hearth_control.catalog.load import find_catalog_root, load_catalog
from hearth_control.catalog.model import Rotation

pytestmark = pytest.mark.integration

NEW, OLD = "0f" * 24, "ab" * 24
PROGRAMS = ("psql", "mongosh", "cypher-shell", "curl", "rabbitmqctl", "grafana")
STAND_IN = """#!/bin/sh
{ for word in "$@"; do printf '%s\\n' "$word"; done; } > "$SEEN/argv"
cat > "$SEEN/stdin"
env > "$SEEN/env"
exit "$ENDS"
"""


@cache
def rotations() -> dict[str, Rotation]:
    catalog = load_catalog(find_catalog_root(), extra=None, cache=None)
    return {
        f"{service.name}_{name}": rule.rotate
        for service in catalog.services.values()
        for name, rule in service.secrets.items()
        if rule.rotate is not None
    }


COMMANDS = {
    f"{key}-{part}": command
    for key, rotation in rotations().items()
    for part, command in (("command", rotation.command), ("check", rotation.check))
    if command
}


def run(folder: Path, command: tuple[str, ...], *, ends: int = 0) -> dict[str, str]:
    """Run a command and give what its program was given, and how it ended."""
    for name in PROGRAMS:
        program = folder / name
        program.write_text(STAND_IN)
        program.chmod(0o755)
    # Its users are not this machine's.
    (folder / "chown").write_text("#!/bin/sh\n")
    (folder / "chown").chmod(0o755)
    done = subprocess.run(
        command,
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "SEEN": str(folder),
            "ENDS": str(ends),
            "TMPDIR": str(folder),
            "HEARTH_NEW": NEW,
            "HEARTH_OLD": OLD,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=4,
        check=False,
    )
    seen = {name: (folder / name).read_text() for name in ("argv", "stdin", "env")}
    assert list(folder.glob("tmp.*")) == [], "a file with the value stays"
    return {**seen, "said": done.stdout + done.stderr, "code": str(done.returncode)}


def test_every_documented_store_is_there() -> None:
    assert set(rotations()) >= {
        "elasticsearch_password",
        "grafana_admin_password",
        "immich_db_password",
        "mongodb_password",
        "neo4j_password",
        "postgres_password",
        "rabbitmq_password",
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_values_reach_the_program_by_no_argument(name: str, tmp_path: Path) -> None:
    seen = run(tmp_path, COMMANDS[name])
    assert seen["code"] == "0", seen["said"]
    assert NEW not in seen["argv"] + seen["said"]
    assert OLD not in seen["argv"] + seen["said"]
    assert NEW in seen["stdin"] + seen["env"]


@pytest.mark.parametrize("name", COMMANDS)
def test_store_that_refuses_is_heard(name: str, tmp_path: Path) -> None:
    assert run(tmp_path, COMMANDS[name], ends=3)["code"] == "3"


def test_elasticsearch_is_sent_json_as_its_own_user(tmp_path: Path) -> None:
    sent = run(tmp_path, rotations()["elasticsearch_password"].command)["stdin"].splitlines()
    assert sent[0] == f'user = "elastic:{OLD}"'
    # curl's configuration takes a backslash before a quote within quotes, as JSON does.
    assert json.loads(json.loads(sent[1].removeprefix("data = "))) == {"password": NEW}


def test_neo4j_is_told_old_and_new(tmp_path: Path) -> None:
    sent = run(tmp_path, rotations()["neo4j_password"].command)["stdin"]
    assert sent == f"ALTER CURRENT USER SET PASSWORD FROM '{OLD}' TO '{NEW}';"


def test_postgres_reads_the_value_by_itself(tmp_path: Path) -> None:
    seen = run(tmp_path, rotations()["postgres_password"].command)
    assert seen["stdin"].splitlines() == [
        "\\getenv new HEARTH_NEW",
        "ALTER ROLE postgres PASSWORD :'new';",
    ]
