"""The work of `provision` for a program that holds connections instead of `psql`.

Source: https://www.psycopg.org/psycopg3/docs/api/sql.html (composing with literals).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from hearth_control.plan.model import Database
from hearth_control.render.provision import ROLE_RIGHTS, grants, inside

MAINTENANCE = "postgres"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, the database to be connected to, and when it is needed.

    `unless`: a query that gives a row where the statement was carried out already. Statements run
    in autocommit, as the superuser, in order. `text` may hold a password: never log it.
    """

    database: str
    text: sql.Composed
    unless: sql.Composed | None = None


def statements(databases: Sequence[Database], passwords: Mapping[str, str]) -> Iterator[Statement]:
    """Give what makes databases and roles, as often as it is run.

    `passwords` maps each secret key of the databases' roles to its value.
    """
    for role, key in sorted({login for database in databases for login in database.roles}):
        yield from _role(role, passwords[key])
    for database in databases:
        yield from _database(database)


def _role(role: str, password: str) -> Iterator[Statement]:
    name = sql.Identifier(role)
    yield Statement(
        database=MAINTENANCE,
        text=sql.SQL("CREATE ROLE {}").format(name),
        unless=sql.SQL("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = {}").format(
            sql.Literal(role)
        ),
    )
    yield Statement(
        database=MAINTENANCE,
        text=sql.SQL("ALTER ROLE {} {} PASSWORD {}").format(
            name, sql.SQL(ROLE_RIGHTS), sql.Literal(password)
        ),
    )


def _database(database: Database) -> Iterator[Statement]:
    yield Statement(
        database=MAINTENANCE,
        text=sql.SQL("CREATE DATABASE {} OWNER {}").format(
            sql.Identifier(database.name), sql.Identifier(database.roles[0][0])
        ),
        unless=sql.SQL("SELECT 1 FROM pg_catalog.pg_database WHERE datname = {}").format(
            sql.Literal(database.name)
        ),
    )
    for text in grants(database):
        yield Statement(database=MAINTENANCE, text=_quoted(text))
    for text in inside(database):
        yield Statement(database=database.name, text=_quoted(text))


def _quoted(text: str) -> sql.Composed:
    """Take a statement whose identifiers are quoted already."""
    return sql.Composed([sql.SQL(text)])
