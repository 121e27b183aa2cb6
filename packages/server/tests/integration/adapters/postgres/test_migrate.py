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
    urls = postgres.create()
    with psycopg.connect(urls.admin.reveal()) as connection:
        open_tables = connection.execute(
            "select relname from pg_class c where relkind = 'r'"
            " and relnamespace = 'public'::regnamespace"
            " and exists (select 1 from pg_attribute a where a.attrelid = c.oid"
            "   and a.attname in ('owner', 'user_id') and not a.attisdropped)"
            " and not (relrowsecurity and relforcerowsecurity)"
        ).fetchall()
    assert open_tables == []
    postgres.drop(urls)


def test_missing_server_is_named() -> None:
    with pytest.raises(PostgresDownError) as caught:
        migrate(Secret("postgresql://hearth_owner@127.0.0.1:1/hearth"))
    assert str(caught.value) == "postgres: does not answer"
