"""From a planned unit to what the supervisor runs: placeholders, secrets, commands. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hearth_kit.secret import Secret

from hearth_control.catalog.model import Process
from hearth_control.engine.embedded.layout import Layout
from hearth_control.engine.embedded.postgres import (
    QUIET_SESSION,
    SUPERUSER_VARIABLE,
    Place,
    psql_argv,
    server_argv,
    superuser_sql,
)
from hearth_control.engine.embedded.prepare import place_as_json, prepare_argv
from hearth_control.engine.embedded.shell import SYSTEM_PATH, inherited
from hearth_control.engine.embedded.spec import Command, Ready, UnitSpec
from hearth_control.plan.model import Database, ProcessUnit, SecretUse
from hearth_control.plan.names import variable_name
from hearth_control.render.provision import provision_sql
from hearth_control.secrets.handed import value_of

POSTGRES_START_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What translation needs to know besides the unit."""

    layout: Layout
    python: str
    shell: Mapping[str, str]
    secrets: Mapping[str, Secret]

    @property
    def base(self) -> dict[str, str]:
        """Give the environment that every unit starts from."""
        own = Path(self.python).parent
        return {
            **inherited(self.shell),
            "PATH": f"{own}:{self.shell.get('PATH') or SYSTEM_PATH}",
            "PYTHONUNBUFFERED": "1",
        }


def process_spec(unit: ProcessUnit, process: Process, world: World) -> UnitSpec:
    """Give the spec of a process that the catalog describes."""
    fill = placeholders(unit, world)
    given = environment_of(unit, world.secrets)
    return UnitSpec(
        name=unit.name,
        service=unit.service,
        hash=unit.hash,
        port=unit.port,
        command=Command(argv=filled(process.command, fill)),
        before=tuple(Command(argv=filled(argv, fill)) for argv in process.before),
        environment={**world.base, **{key: replaced(given[key], fill) for key in sorted(given)}},
        ready=ready_of(unit, process, fill),
        start_seconds=float(unit.start_seconds),
        needs=unit.needs,
        folder=os.fspath(world.layout.home),
    )


def postgres_spec(
    unit: ProcessUnit, place: Place, databases: Sequence[Database], world: World
) -> UnitSpec:
    """Give the spec of the built-in PostgreSQL, with what its consumers need made in it."""
    return UnitSpec(
        name=unit.name,
        service=unit.service,
        hash=unit.hash,
        port=unit.port,
        command=Command(argv=server_argv(place, unit.port)),
        before=(Command(argv=prepare_argv(), stdin=place_as_json(place), dropped=False),),
        after=provision_commands(unit, place, databases, secrets=world.secrets),
        environment={**world.base, "LC_ALL": "C"},
        ready=Ready(kind="postmaster", target=os.fspath(place.data)),
        start_seconds=max(POSTGRES_START_SECONDS, float(unit.start_seconds)),
        needs=unit.needs,
        user=place.user,
        # A fast shutdown first: open transactions are rolled back and everything is written.
        stop_signals=("SIGINT", "SIGQUIT"),
    )


def provision_commands(
    unit: ProcessUnit,
    place: Place,
    databases: Sequence[Database],
    *,
    secrets: Mapping[str, Secret],
) -> tuple[Command, ...]:
    """Give the commands that make roles, passwords and databases; harmless when repeated."""
    own = superuser_secret(unit.secrets, secrets)
    keys = sorted({key for database in databases for _role, key in database.roles})
    environment = {variable_name(key): secrets[key].reveal() for key in keys if key in secrets}
    environment["PGOPTIONS"] = QUIET_SESSION
    script = provision_sql(databases) if databases else ""
    if own is not None:
        environment[SUPERUSER_VARIABLE] = own.reveal()
        script = superuser_sql() + script
    if not script:
        return ()
    return (Command(argv=psql_argv(place, unit.port), stdin=script, environment=environment),)


def superuser_secret(uses: Sequence[SecretUse], secrets: Mapping[str, Secret]) -> Secret | None:
    """Find the superuser's password among a unit's secrets; None when it is given none."""
    keys = [use.key for use in uses if use.key.endswith("password") and use.key in secrets]
    return secrets[keys[0]] if keys else None


def environment_of(unit: ProcessUnit, secrets: Mapping[str, Secret]) -> dict[str, str]:
    """Fill a unit's secrets into its environment."""
    values = {
        use.variable: value_of(use.variable, secrets[use.key])
        for use in unit.secrets
        if use.variable is not None and use.key in secrets
    }

    def value(match: re.Match[str]) -> str:
        return values.get(match["name"], match[0])

    pattern = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
    return {key: pattern.sub(value, text) for key, text in unit.environment.items()}


def placeholders(unit: ProcessUnit, world: World) -> dict[str, str]:
    """Give what `{python}`, `{home}`, `{data}` and `{port}` stand for."""
    return {
        "{python}": world.python,
        "{home}": os.fspath(world.layout.home),
        "{data}": os.fspath(world.layout.files),
        "{port}": "" if unit.port is None else str(unit.port),
    }


def replaced(text: str, fill: Mapping[str, str]) -> str:
    """Put values in the place of placeholders."""
    for name, value in fill.items():
        text = text.replace(name, value)
    return text


def filled(argv: Sequence[str], fill: Mapping[str, str]) -> tuple[str, ...]:
    """Put values in the place of placeholders, in each word of a command."""
    return tuple(replaced(word, fill) for word in argv)


def ready_of(unit: ProcessUnit, process: Process, fill: Mapping[str, str]) -> Ready:
    """Choose how the supervisor sees that a process works."""
    if process.ready_http is not None and unit.port is not None:
        return Ready(kind="http", target=process.ready_http, port=unit.port)
    if process.ready_command:
        return Ready(kind="command", argv=filled(process.ready_command, fill))
    if unit.port is not None:
        return Ready(kind="tcp", port=unit.port)
    return Ready()
