"""From planned units to what the supervisor runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_control.catalog.model import Process
from hearth_control.engine.embedded.layout import Layout
from hearth_control.engine.embedded.postgres import Place
from hearth_control.engine.embedded.spec import Ready, spec_as_dict, spec_from_dict
from hearth_control.engine.embedded.translate import (
    World,
    environment_of,
    postgres_spec,
    process_spec,
    provision_commands,
    ready_of,
)
from hearth_control.plan.model import Database, ProcessUnit, SecretUse
from hearth_kit.secret import Secret

pytestmark = pytest.mark.unit

WORLD = World(
    layout=Layout(home=Path("/my home")),
    python="/venv/bin/python",
    shell={"PATH": "/bin", "LANG": "C", "AWS_SECRET": "no"},
    secrets={"postgres_password": Secret("s1"), "app_db_app": Secret("s2")},
)
PLACE = Place(
    programs=Path("/p"), data=Path("/d"), socket_folder=Path("/s"), user=None, operator="ann"
)
PROCESS = Process(
    command=("{python}", "-m", "x", "--port", "{port}"),
    before=(("{python}", "-m", "x", "migrate"),),
    ready_http="/health",
)
UNIT = ProcessUnit(
    name="app",
    service="app",
    hash="h",
    process=PROCESS,
    port=63050,
    environment={"URL": "pg://app:${APP_DB_PASSWORD}@h/${OTHER}", "DIR": "{data}", "KEEP": "{}"},
    secrets=(SecretUse(key="app_db_app", variable="APP_DB_PASSWORD"),),
    needs=("postgres",),
)
POSTGRES = ProcessUnit(
    name="postgres",
    service="postgres",
    hash="p",
    builtin="postgres",
    port=63010,
    secrets=(SecretUse(key="postgres_password", variable="POSTGRES_PASSWORD"),),
)
DATABASE = Database(provider="postgres", consumer="app", name="app", roles=(("app", "app_db_app"),))


def test_process_is_filled_in() -> None:
    spec = process_spec(UNIT, PROCESS, WORLD)
    assert spec.command.argv == ("/venv/bin/python", "-m", "x", "--port", "63050")
    assert spec.before[0].argv == ("/venv/bin/python", "-m", "x", "migrate")
    assert spec.environment["URL"] == "pg://app:s2@h/${OTHER}"
    assert spec.environment["DIR"] == "/my home/data/files"
    assert spec.environment["KEEP"] == "{}"
    assert spec.environment["PATH"] == "/venv/bin:/bin"
    assert "AWS_SECRET" not in spec.environment
    assert spec.needs == ("postgres",)


def test_repr_hides_environment() -> None:
    assert "s2" not in repr(process_spec(UNIT, PROCESS, WORLD))


def test_spec_survives_socket() -> None:
    spec = postgres_spec(POSTGRES, PLACE, [DATABASE], WORLD)
    assert spec_from_dict(spec_as_dict(spec)) == spec


def test_missing_secret_stays_named() -> None:
    assert environment_of(UNIT, {})["URL"] == "pg://app:${APP_DB_PASSWORD}@h/${OTHER}"


@pytest.mark.parametrize(
    ("process", "port", "ready"),
    [
        (Process(command=("x",), ready_http="/r"), 5, Ready(kind="http", target="/r", port=5)),
        (
            Process(command=("x",), ready_command=("{python}", "ok")),
            None,
            Ready(kind="command", argv=("/py", "ok")),
        ),
        (Process(command=("x",)), 5, Ready(kind="tcp", port=5)),
        (Process(command=("x",)), None, Ready(kind="alive")),
    ],
    ids=["http", "command", "tcp", "alive"],
)
def test_readiness_is_chosen(process: Process, port: int | None, ready: Ready) -> None:
    unit = ProcessUnit(name="x", service="x", hash="h", port=port)
    assert ready_of(unit, process, {"{python}": "/py"}) == ready


def test_postgres_prepares_and_provisions() -> None:
    spec = postgres_spec(POSTGRES, PLACE, [DATABASE], WORLD)
    assert spec.command.argv[0] == "/p/postgres"
    assert spec.before[0].argv[-1] == "hearth_control.engine.embedded.prepare"
    assert not spec.before[0].dropped
    assert spec.ready == Ready(kind="postmaster", target="/d")
    assert spec.stop_signals == ("SIGINT", "SIGQUIT")


def test_passwords_travel_by_environment() -> None:
    (command,) = provision_commands(POSTGRES, PLACE, [DATABASE], secrets=WORLD.secrets)
    assert command.environment["APP_DB_APP"] == "s2"
    assert command.environment["HEARTH_POSTGRES_PASSWORD"] == "s1"
    assert "s1" not in command.stdin
    assert "s2" not in command.stdin + " ".join(command.argv)


def test_nothing_to_provision() -> None:
    assert provision_commands(POSTGRES, PLACE, [], secrets={}) == ()
