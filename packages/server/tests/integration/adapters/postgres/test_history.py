"""From every schema that was ever shipped to today's, with rows in it; none was rewritten."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from hearth_server.adapters.postgres import migrate as module
from hearth_server.adapters.postgres.migrate import migrate
from hearth_server.testing.postgres import APP, Postgres, Urls
from sqlalchemy import NullPool, create_engine

pytestmark = pytest.mark.integration

FOLDER = Path(module.__file__).with_name("migrations")

SHIPPED = {
    "0001": "8fbc63a5bf1980fc",
    "0002": "80762abf1b832dac",
    "0003": "5bf48fa3e594d7c1",
    "0004": "708de371c406f1aa",
    "0005": "26c8a7d661ca3633",
    "0006": "87dcc9c780ae906b",
    "0007": "19b61787ff14180b",
    "0008": "f91d806aefad7426",
    "0009": "e0dcfb71e10d9184",
    "0010": "63f4b15cc3a7f203",
    "0011": "2a6af14cd3af88cb",
    "0012": "ddc3a05cb0c5995b",
}
"""The SQL of each version that an installation may stand on, which a change would not reach."""

ADA, BOB = "00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"

ROWS = {
    "0001": (
        f"""
        insert into identity.users (id, email, role)
        values ('{ADA}', 'ada@example.com', 'admin'), ('{BOB}', 'bob@example.com', 'user');
        insert into identity.tokens (id, user_id, name, digest, scopes, created_at, expires_at)
        values ('{ADA}', '{ADA}', 'laptop', decode(repeat('ab', 32), 'hex'),
            '{{knowledge:read}}', now(), now() + interval '1 day');
        """
    ),
    "0002": (
        f"""
        insert into knowledge.documents (id, owner, title, source_type, source, media_type,
            size_bytes, content_sha256, pipeline, object_key, status, passages, words)
        values ('{BOB}', '{ADA}', 'Rivers', 'text', 'Rivers', 'text/markdown', 4,
            repeat('0', 64), 1, 'user-{ADA}/documents/{BOB}', 'ready', 1, 2);
        insert into knowledge.spaces (name, dimension) values ('test', 3);
        insert into knowledge.passages (document_id, ordinal, owner, tokens, content)
        values ('{BOB}', 0, '{ADA}', 2, 'They flow.');
        insert into knowledge.embeddings (document_id, space, ordinal, owner, embedding)
        select '{BOB}', id, 0, '{ADA}', '[1,0,0]' from knowledge.spaces;
        """
    ),
    "0003": "",
    "0004": "",
    "0005": (
        f"""
        insert into graph.nodes (id, owner, label, name, created_at, updated_at)
        values ('{ADA}', '{ADA}', 'river', 'Danube', now(), now()),
            ('{BOB}', '{ADA}', 'sea', 'Black Sea', now(), now());
        insert into graph.edges (id, owner, source, target, kind, valid_from)
        values ('{ADA}', '{ADA}', '{ADA}', '{BOB}', 'flows_into', now());
        """
    ),
    "0006": (
        f"""
        insert into knowledge.reader_groups (id, owner, name) values ('{ADA}', '{ADA}', 'Family');
        insert into knowledge.group_members (group_id, owner, email)
        values ('{ADA}', '{ADA}', 'eve@example.com');
        insert into knowledge.shares (document_id, owner, audience, email, shared_by)
        values ('{BOB}', '{ADA}', 'person', 'eve@example.com', 'ada@example.com');
        """
    ),
    "0007": (
        """
        insert into admin.audit (by_email, about_email, action, detail)
        values ('ada@example.com', 'bob@example.com', 'get_usage', '');
        """
    ),
    "0008": (
        f"""
        insert into graph.aliases (owner, label, key, node_id)
        values ('{ADA}', 'river', 'donau', '{ADA}');
        insert into graph.evidence (edge_id, owner, document_id, ordinal, quote, observed_at)
        values ('{ADA}', '{ADA}', '{BOB}', 0, 'They flow.', now());
        insert into graph.extractions (document_id, owner, state) values ('{BOB}', '{ADA}', 'done');
        insert into graph.replies (document_id, digest, owner, is_readable, reply, calls)
        values ('{BOB}', repeat('0', 64), '{ADA}', true, '[]', 1);
        """
    ),
    "0009": "",
    "0010": (
        f"""
        insert into graph.repositories (id, owner, name, source, size_bytes, sha256, object_key)
        values ('{ADA}', '{ADA}', 'kit', 'kit.zip', 1, repeat('0', 64), 'user-{ADA}/kit');
        insert into graph.symbols (repository_id, owner, name, above, kind, path, line, end_line,
            summary, detail)
        values ('{ADA}', '{ADA}', 'kit', '', 'module', 'kit.py', 1, 2, '', '{{}}');
        insert into graph.uses (repository_id, owner, kind, source, target, path, line)
        values ('{ADA}', '{ADA}', 'imports', 'kit', 'os', 'kit.py', 1);
        """
    ),
    "0011": "",
    "0012": "",
}
"""What could first be stored at each version."""


def upgrade_to(urls: Urls, revision: str) -> None:
    """Bring a database to an earlier version, as that version's own program did."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(urls.owner.reveal()),
        poolclass=NullPool,
    )
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes.update(connection=connection, app_role=APP)
        command.upgrade(config, revision)


COLUMNS = """
select table_schema, table_name, column_name, data_type, is_nullable, column_default
from information_schema.columns
where table_schema in ('identity', 'knowledge', 'graph', 'admin') order by 1, 2, 3
"""
POLICIES = """
select schemaname, tablename, policyname, cmd, qual, with_check from pg_policies order by 1, 2, 3
"""
INDEXES = """
select schemaname, indexname, indexdef from pg_indexes
where schemaname in ('identity', 'knowledge', 'graph', 'admin') order by 1, 2
"""
GRANTS = """
select table_schema, table_name, privilege_type from information_schema.role_table_grants
where grantee = 'hearth_app' and table_schema in ('identity', 'knowledge', 'graph', 'admin')
order by 1, 2, 3
"""
FUNCTIONS = """
select oid::regprocedure::text, prosecdef, proacl::text, prosrc from pg_proc
where pronamespace::regnamespace::text in ('identity', 'knowledge', 'graph', 'admin') order by 1
"""
FORCED = """
select relnamespace::regnamespace::text, relname, relrowsecurity, relforcerowsecurity from pg_class
where relnamespace::regnamespace::text in ('identity', 'knowledge', 'graph', 'admin')
    and relkind = 'r' order by 1, 2
"""


def shape(urls: Urls) -> list[object]:
    """Give everything of the schema that a program or a policy depends on."""
    with psycopg.connect(urls.admin.reveal()) as connection:
        return [
            connection.execute(query).fetchall()
            for query in (COLUMNS, POLICIES, INDEXES, GRANTS, FUNCTIONS, FORCED)
        ]


def rows(urls: Urls) -> dict[str, int]:
    """Count the rows of every table that has any."""
    with psycopg.connect(urls.admin.reveal()) as connection:
        tables = [f"{schema}.{table}" for schema, table, *_ in connection.execute(FORCED)]
        counts = {
            table: connection.execute(f"select count(*) from {table}").fetchone()
            for table in tables
        }
    return {table: count[0] for table, count in counts.items() if count and count[0]}


@pytest.mark.parametrize("version", SHIPPED)
def test_rows_of_each_version_are_there_today(postgres: Postgres, version: str) -> None:
    urls = postgres.create(migrated=False)
    for each in [name for name in SHIPPED if name <= version]:
        upgrade_to(urls, each)
        with psycopg.connect(urls.admin.reveal()) as connection:
            connection.execute(ROWS[each])
    kept = rows(urls)
    migrate(urls.owner, APP)
    today = postgres.create()
    assert shape(urls) == shape(today)
    assert kept.items() <= rows(urls).items()
    with psycopg.connect(urls.app.reveal()) as connection:
        connection.execute("select set_config('hearth.user_id', %s, false)", (ADA,))
        emails = connection.execute("select email, role from identity.users").fetchall()
        assert emails == [("ada@example.com", "admin")]
        assert connection.execute("select name from identity.tokens").fetchall() == [("laptop",)]
        if version >= "0002":
            found = connection.execute(
                "select d.title, p.content, octet_length(c.packed) > 0"
                " from knowledge.documents d join knowledge.passages p on p.document_id = d.id"
                " join knowledge.codes c on c.document_id = d.id"
            ).fetchall()
            assert found == [("Rivers", "They flow.", True)]
        connection.execute("select set_config('hearth.user_id', %s, false)", (BOB,))
        assert connection.execute("select count(*) from knowledge.documents").fetchone() == (0,)
    migrate(urls.owner, APP)
    assert shape(urls) == shape(today)
    postgres.drop(urls)
    postgres.drop(today)


def test_every_version_is_begun_at() -> None:
    versions = sorted(file.name[:4] for file in (FOLDER / "versions").glob("[0-9]*.sql"))
    assert sorted(SHIPPED) == sorted(ROWS) == versions


@pytest.mark.parametrize("version", SHIPPED)
def test_shipped_migration_is_not_rewritten(version: str) -> None:
    (file,) = (FOLDER / "versions").glob(f"{version}_*.sql")
    assert hashlib.sha256(file.read_bytes()).hexdigest()[:16] == SHIPPED[version]
