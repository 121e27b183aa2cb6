"""The pool against a real server: who a transaction runs for, and what an outage looks like."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from hearth_kit.secret import Secret
from hearth_server.adapters.postgres.errors import PostgresBusyError, PostgresDownError
from hearth_server.adapters.postgres.pool import Database
from hearth_server.testing.postgres import Urls

pytestmark = pytest.mark.integration

WHO = "select current_setting('hearth.user_id', true)"


async def test_user_ends_with_transaction(urls: Urls) -> None:
    single = Database(urls.app, max_connections=1)
    await single.open()
    user = uuid4()
    async with single.as_user(user) as connection:
        row = await (await connection.execute(WHO)).fetchone()
        assert row == (str(user),)
    async with single.pool.connection() as connection:
        row = await (await connection.execute(WHO)).fetchone()
        assert row == ("",)
    await single.close()


async def test_nobody_has_no_name(database: Database) -> None:
    async with database.as_nobody() as connection:
        assert await (await connection.execute(WHO)).fetchone() == ("",)


async def test_exception_rolls_back(database: Database) -> None:
    async def stop_halfway() -> None:
        async with database.as_nobody() as connection:
            await connection.execute("create temporary table left_over (n int)")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        await stop_halfway()
    async with database.as_nobody() as connection:
        found = await (await connection.execute("select to_regclass('left_over')")).fetchone()
    assert found == (None,)


async def test_missing_server_is_named() -> None:
    nowhere = Database(
        Secret("postgresql://hearth_app:hunter2@127.0.0.1:1/hearth"),
        wait=timedelta(milliseconds=300),
    )
    await nowhere.open()
    with pytest.raises(PostgresDownError) as caught:
        await nowhere.ready()
    assert str(caught.value) == "postgres: does not answer"
    assert "hunter2" not in repr(caught.value.__cause__)
    assert caught.value.hint == "hearth status postgres"
    await nowhere.close()


async def test_exhausted_pool_is_busy(urls: Urls) -> None:
    small = Database(urls.app, max_connections=1, wait=timedelta(milliseconds=200))
    await small.open()
    async with small.as_nobody():
        with pytest.raises(PostgresBusyError) as caught:
            await small.ready()
    assert str(caught.value) == "postgres: no free connection in time for the query"
    await small.ready()
    await small.close()


async def test_slow_statement_is_stopped(urls: Urls) -> None:
    hasty = Database(urls.app, statement_timeout=timedelta(milliseconds=50))
    await hasty.open()
    with pytest.raises(PostgresBusyError) as caught:
        async with hasty.as_nobody() as connection:
            await connection.execute("select pg_sleep(5)")
    assert str(caught.value) == "postgres: the query took too long and was stopped"
    await hasty.close()


async def test_full_disk_is_named(database: Database) -> None:
    """PostgreSQL raises the very error that it raises where no space is left."""
    with pytest.raises(PostgresDownError) as caught:
        async with database.as_nobody() as connection:
            await connection.execute("do $$ begin raise exception using errcode = '53100'; end $$")
    assert str(caught.value) == "postgres: its disk is full"


async def test_cut_connection_recovers(database: Database, urls: Urls) -> None:
    await database.ready()
    with psycopg.connect(urls.admin.reveal(), autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'hearth_app' and datname = current_database()"
        )
    await database.ready()
    async with database.as_nobody() as connection:
        assert await (await connection.execute("select 1")).fetchone() == (1,)
