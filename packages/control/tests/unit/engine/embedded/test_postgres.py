"""PostgreSQL's command lines and rules, as text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.engine.embedded.postgres import (
    Place,
    host_rules,
    ident_map,
    initdb_argv,
    major_of,
    newest_programs,
    psql_argv,
    quote_folder,
    server_argv,
    superuser_sql,
)

pytestmark = pytest.mark.unit

PLACE = Place(
    programs=Path("/p/bin"),
    data=Path("/d"),
    socket_folder=Path('/s o"ck'),
    user=None,
    operator="ann",
)


def flags(argv: tuple[str, ...]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in argv[4::2])


def test_server_listens_on_loopback() -> None:
    argv = server_argv(PLACE, 63010)
    assert argv[:3] == ("/p/bin/postgres", "-D", "/d")
    assert flags(argv)["listen_addresses"] == "127.0.0.1"
    assert flags(argv)["port"] == "63010"
    assert flags(argv)["unix_socket_permissions"] == "0700"
    assert flags(argv)["maintenance_work_mem"] == "256MB"


def test_server_without_port_is_local() -> None:
    assert flags(server_argv(PLACE, None))["listen_addresses"] == ""


def test_folder_is_quoted() -> None:
    assert quote_folder(Path('/s o"ck')) == '"/s o""ck"'


def test_initdb_ignores_locale() -> None:
    assert initdb_argv(Path("/p"), Path("/d")) == (
        "/p/initdb",
        "--pgdata=/d",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--auth-local=peer",
        "--auth-host=scram-sha-256",
        "--no-instructions",
    )


def test_psql_stops_at_errors() -> None:
    argv = psql_argv(PLACE, 63010)
    assert argv[0] == "/p/bin/psql"
    assert "--set=ON_ERROR_STOP=1" in argv
    assert '--host=/s o"ck' in argv


def test_rules_trust_nobody() -> None:
    rules = [line.split() for line in host_rules().splitlines() if not line.startswith("#")]
    assert [(rule[0], rule[2], rule[-2:]) for rule in rules] == [
        ("local", "postgres", ["peer", "map=hearth"]),
        ("local", "all", ["all", "scram-sha-256"]),
        ("host", "all", ["127.0.0.1/32", "scram-sha-256"]),
    ]


def test_ident_map_names_each_once() -> None:
    lines = ident_map(["root", "hearth", "root"]).splitlines()[1:]
    assert lines == ['hearth "hearth" postgres', 'hearth "root" postgres']


def test_superuser_word_comes_by_environment() -> None:
    assert superuser_sql() == (
        "\\getenv hearth_superuser_password HEARTH_POSTGRES_PASSWORD\n"
        "ALTER ROLE postgres PASSWORD :'hearth_superuser_password';\n"
    )


@pytest.mark.parametrize(
    ("text", "major"),
    [("18\n", 18), ("postgres (PostgreSQL) 18.4\n", 18), ("9.6", 9), ("nothing", None)],
    ids=["file", "program", "old", "none"],
)
def test_major_is_read(text: str, major: int | None) -> None:
    assert major_of(text) == major


def test_newest_programs_win() -> None:
    assert newest_programs(["pginstall", "pginstall18", "pginstall9", "x"]) == "pginstall18"
    assert newest_programs(["x"]) is None
