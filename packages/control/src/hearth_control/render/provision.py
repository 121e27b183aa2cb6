r"""SQL that makes consumers' databases and roles in Postgres, as often as it is run.

A script for `psql`, run by the job container and by the embedded engine alike. No password is in
it: `psql` reads them from its environment with `\getenv`, or from the files that it names, and
quotes them with `:'name'`.

Source: https://www.postgresql.org/docs/17/app-psql.html (`\getenv`, `\gexec`, interpolation,
backquotes; `SHELL_ERROR` since 16).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hearth_control.plan.model import Database, Plan
from hearth_control.plan.names import variable_name
from hearth_control.render.names import CONFIGS, GENERATED

ROLE_RIGHTS = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"

_CLOSED = tuple(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;" for name in ("postgres", "template1"))
"""Databases of nobody's: consumers' roles do not get into them."""


def provision_files(plan: Plan) -> dict[str, str]:
    """Give each database provider's script by path."""
    providers = sorted({database.provider for database in plan.databases})
    return {
        f"{CONFIGS}/{provider}/provision.sql": provision_sql(
            [database for database in plan.databases if database.provider == provider]
        )
        for provider in providers
    }


def provision_sql(databases: Sequence[Database]) -> str:
    """Write the script for `psql`, connected as superuser to the database `postgres`.

    It may run any number of times: it makes what is missing and sets passwords and owners anew.
    """
    lines = [f"-- {GENERATED}", "\\set ON_ERROR_STOP on", *_CLOSED, ""]
    for role, key in _logins(databases):
        lines += [*_role(role, variable_name(key)), ""]
    for database in databases:
        lines += [*_database(database), ""]
    return "\n".join(lines)


def _logins(databases: Sequence[Database]) -> list[tuple[str, str]]:
    return sorted({login for database in databases for login in database.roles})


def _role(role: str, variable: str) -> Iterator[str]:
    missing = f"NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {literal(role)})"
    yield _if(missing, f"CREATE ROLE {identifier(role)}")
    # From the environment, else from the file that it names. Without either, or where the file
    # cannot be read, the name stays unset and the statement fails loudly.
    yield f"\\unset {variable}"
    yield f"\\getenv {variable} {variable}"
    yield f"\\if :{{?{variable}}}"
    yield "\\else"
    yield f'\\set {variable} `cat "${variable}_FILE"`'
    yield "\\if :SHELL_ERROR"
    yield f"\\unset {variable}"
    yield "\\endif"
    yield "\\endif"
    yield f"ALTER ROLE {identifier(role)} {ROLE_RIGHTS} PASSWORD :'{variable}';"
    yield f"\\unset {variable}"


def _database(database: Database) -> Iterator[str]:
    name, owner = identifier(database.name), identifier(database.roles[0][0])
    same_name = f"datname = {literal(database.name)}"
    missing = f"NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE {same_name})"
    yield _if(missing, f"CREATE DATABASE {name} OWNER {owner}")
    for statement in grants(database):
        yield f"{statement};"
    yield f"\\connect {name}"
    for statement in inside(database):
        yield f"{statement};"
    yield "\\connect postgres"


def _if(condition: str, statement: str) -> str:
    """Run a statement only where a condition holds; `CREATE DATABASE` has no such clause."""
    return f"SELECT {literal(statement)} WHERE {condition} \\gexec"


def grants(database: Database) -> tuple[str, ...]:
    """Give what is said about a database from outside it: its owner, who may connect."""
    name = identifier(database.name)
    others = tuple(
        f"GRANT CONNECT ON DATABASE {name} TO {identifier(role)}"
        for role, _key in database.roles[1:]
    )
    return (
        f"ALTER DATABASE {name} OWNER TO {identifier(database.roles[0][0])}",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        *others,
    )


def inside(database: Database) -> tuple[str, ...]:
    """Give what is said inside a database: nobody but the owner makes things, extensions."""
    owner = identifier(database.roles[0][0])
    extensions = tuple(
        f"CREATE EXTENSION IF NOT EXISTS {identifier(name)}" for name in database.extensions
    )
    return (
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"ALTER SCHEMA public OWNER TO {owner}",
        *extensions,
    )


def identifier(name: str) -> str:
    """Quote a name as SQL wants it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text as SQL wants it; backslashes mean themselves."""
    return "'" + text.replace("'", "''") + "'"
