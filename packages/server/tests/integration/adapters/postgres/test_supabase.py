"""A PostgreSQL that is prepared as Supabase's is: its roles, and what they may do by default."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.migrate import migrate
from hearth_server.adapters.postgres.passages import PostgresPassages
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.runs import PostgresRuns
from hearth_server.testing.conformance import check_documents, check_passages
from hearth_server.testing.postgres import APP, Postgres, Urls
from psycopg import sql

pytestmark = pytest.mark.integration

# supabase/postgres, migrations/db/init-scripts/00000000000000-initial-schema.sql (read 2026-11):
# the roles of its REST interface, and what they get on whatever is made in `public`.
PREPARED = """
do $$ begin
    if to_regrole('anon') is null then
        create role anon nologin noinherit;
        create role authenticated nologin noinherit;
        create role service_role nologin noinherit bypassrls;
    end if;
end $$;
create schema extensions;
create extension vector with schema extensions;
grant usage on schema public, extensions to anon, authenticated, service_role, public;
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges for role hearth_owner in schema public
    grant all on tables to service_role;
grant create on schema public to hearth_owner;
"""


@pytest.fixture
def supabase(postgres: Postgres) -> Iterator[Urls]:
    made = postgres.create(migrated=False)
    with psycopg.connect(made.admin.reveal(), autocommit=True) as connection:
        connection.execute("drop extension vector")
        connection.execute(PREPARED)
        connection.execute(
            sql.SQL('alter database {} set search_path to "$user", public, extensions').format(
                sql.Identifier(made.name)
            )
        )
    migrate(made.owner, APP)
    yield made
    with psycopg.connect(made.admin.reveal()) as connection:
        for role in ("anon", "authenticated", "service_role"):
            connection.execute(f"drop owned by {role}")
    postgres.drop(made)


async def test_store_conforms_with_the_extension_in_its_own_schema(supabase: Urls) -> None:
    database = Database(supabase.app)
    await database.open()
    documents, runs = PostgresDocuments(database, Jobs(new_job_app())), PostgresRuns(database)
    try:
        await check_documents(documents, runs, pytest.raises)
        await check_passages(documents, runs, PostgresPassages(database))
    finally:
        await database.close()


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_rest_interface_meets_nothing_of_ours(supabase: Urls, role: str) -> None:
    with psycopg.connect(supabase.admin.reveal()) as connection:
        reached = connection.execute(
            "select table_schema, table_name from information_schema.table_privileges"
            " where grantee = %s and (table_schema in ('identity', 'knowledge', 'graph')"
            " or table_name like 'procrastinate%%')",
            (role,),
        ).fetchall()
        assert reached == []
        for schema in ("identity", "knowledge", "graph"):
            (may,) = connection.execute(
                "select has_schema_privilege(%s, %s, 'usage')", (role, schema)
            ).fetchone() or (True,)
            assert not may
