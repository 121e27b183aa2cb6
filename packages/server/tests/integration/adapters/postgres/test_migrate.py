"""The schema's history against a real server."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from hearth_kit.secret import Secret
from hearth_server.adapters.postgres.errors import PostgresDownError
from hearth_server.adapters.postgres.migrate import migrate
from hearth_server.testing.postgres import Postgres

pytestmark = pytest.mark.integration


async def test_two_may_race(postgres: Postgres) -> None:
    urls = postgres.create(migrated=False)
    await asyncio.gather(*(asyncio.to_thread(migrate, urls.owner) for _ in range(2)))
    with psycopg.connect(urls.app.reveal()) as connection:
        assert connection.execute("select count(*) from procrastinate_jobs").fetchone() == (0,)
        assert connection.execute("select count(*) from hearth_jobs_schema").fetchone() == (1,)
    postgres.drop(urls)


def test_app_role_owns_nothing(postgres: Postgres) -> None:
    urls = postgres.create()
    with psycopg.connect(urls.admin.reveal()) as connection:
        owned = connection.execute(
            "select count(*) from pg_class where relowner = 'hearth_app'::regrole"
        ).fetchone()
        flags = connection.execute(
            "select rolsuper, rolbypassrls, rolcreatedb from pg_roles where rolname = 'hearth_app'"
        ).fetchone()
    assert owned == (0,)
    assert flags == (False, False, False)
    postgres.drop(urls)


def test_every_user_table_is_secured(postgres: Postgres) -> None:
    """Whatever the schema: a table with an owner is bound, for the schema's own role as well.

    Only `identity` is not bound for that role, as its functions find people before they are known.
    """
    urls = postgres.create()
    with psycopg.connect(urls.admin.reveal()) as connection:
        tables = connection.execute(
            "select n.nspname, c.relname, c.relrowsecurity, c.relforcerowsecurity"
            " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p')"
            " and n.nspname not in ('pg_catalog', 'information_schema')"
            " and exists (select 1 from pg_attribute a where a.attrelid = c.oid"
            "   and a.attname in ('owner', 'user_id', 'email') and not a.attisdropped)"
        ).fetchall()
    found = {f"{schema}.{table}": bound for schema, table, *bound in tables}
    assert {"identity.tokens", "knowledge.documents", "knowledge.shares"} <= found.keys()
    assert [name for name, (is_bound, _) in found.items() if not is_bound] == []
    assert [
        name
        for name, (_, is_forced) in found.items()
        if not is_forced and not name.startswith("identity.")
    ] == []
    postgres.drop(urls)


def test_missing_server_is_named() -> None:
    with pytest.raises(PostgresDownError) as caught:
        migrate(Secret("postgresql://hearth_owner@127.0.0.1:1/hearth"))
    assert str(caught.value) == "postgres: does not answer"
