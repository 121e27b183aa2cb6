"""Two people and nobody against every table and every query: the database itself says no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.pool import Connection, Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.adapters.postgres.runs import PostgresRuns
from hearth_server.testing.conformance import INFO, indexed, new_document
from hearth_server.testing.postgres import Urls
from psycopg import sql

pytestmark = pytest.mark.integration

TABLES = ("documents", "passages", "embeddings", "postings", "codes")
ADA, BOB = uuid7(), uuid7()


@pytest.fixture
async def secret(database: Database) -> UUID:
    """Ada's document, ready to be stolen."""
    documents, runs = PostgresDocuments(database, Jobs(new_job_app())), PostgresRuns(database)
    document, _ = await documents.add(ADA, new_document(ADA, "secret", tags=("t",)))
    run = await runs.start(ADA, document.id)
    assert run is not None
    await runs.finish(run, indexed(("ash", (1, 0, 0)), ("elm", (0, 1, 0))), INFO)
    return document.id


def attack_values(owner: UUID, document_id: UUID) -> dict[str, Any]:
    """Give every parameter of every query, aimed at another's document."""
    return {
        "owner": owner,
        "id": document_id,
        "run": 1,
        "status": None,
        "text": None,
        "source_type": None,
        "source": "",
        "since": None,
        "until": None,
        "tags": [],
        "sort": "newest",
        "limit": 10,
        "offset": 0,
        "stage": "done",
        "done": 1,
        "total": 1,
        "reason": "attack",
        "content_sha256": "0" * 64,
        "pipeline": 1,
        "language": "xx",
        "pages": 0,
        "passages": 9,
        "words": 9,
        "name": "test",
        "dimension": 3,
        "all": True,
        "ids": [document_id],
        "whose": "all",
        "vector": "[1,0,0]",
        "space": 1,
        "documents": [document_id],
        "ordinals": [0],
        "neighbours": 3,
    }


DOCUMENT_QUERIES = (
    *(
        "get_document",
        "find_original",
        "list_documents",
        "list_sources",
        "list_tags",
        "find_state",
        "hold_run",
    ),
    *("delete_document", "requeue_document", "cancel_document", "write_progress", "start_run"),
)
PASSAGE_QUERIES = tuple(name for name in load_queries("passages.sql") if name != "statistics")
READS = [
    *(("documents.sql", name) for name in DOCUMENT_QUERIES),
    *(("passages.sql", name) for name in PASSAGE_QUERIES),
]


@pytest.mark.parametrize("caller", [BOB, None], ids=["bob", "nobody"])
@pytest.mark.parametrize(("file", "name"), READS)
async def test_query_gives_nothing_of_another(
    database: Database, secret: UUID, caller: UUID | None, file: str, name: str
) -> None:
    """Even with Ada's own id as a parameter: the transaction's caller decides."""
    values = attack_values(ADA, secret) | {"words": ["xx:ash"]}
    context = database.as_user(caller) if caller else database.as_nobody()
    async with context as connection:
        assert await rows(connection, file, name, values) == []


@pytest.mark.parametrize(("file", "name"), READS)
async def test_query_names_its_owner(urls: Urls, secret: UUID, file: str, name: str) -> None:
    """Without row-level security the query alone must hold: the superuser asks as Bob."""
    values = attack_values(BOB, secret) | {"words": ["xx:ash"]}
    async with await psycopg.AsyncConnection.connect(urls.admin.reveal()) as connection:
        assert await rows(connection, file, name, values) == []


@pytest.mark.parametrize(("file", "name"), READS)
async def test_owner_still_sees_it(database: Database, secret: UUID, file: str, name: str) -> None:
    """The same queries do give something to whom it belongs, so the attacks above prove a thing."""
    if name in {"write_progress", "start_run", "hold_run", "cancel_document"}:
        await execute(database, ADA, "update knowledge.documents set status = 'running'")
    values = attack_values(ADA, secret) | {"words": ["xx:ash"]}
    async with database.as_user(ADA) as connection:
        assert await rows(connection, file, name, values)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("caller", [BOB, None], ids=["bob", "nobody"])
async def test_raw_sql_sees_nothing(
    database: Database, secret: UUID, table: str, caller: UUID | None
) -> None:
    target = sql.Identifier("knowledge", table)
    context = database.as_user(caller) if caller else database.as_nobody()
    async with context as connection:
        select = await connection.execute(sql.SQL("select count(*) from {}").format(target))
        assert await select.fetchone() == (0,)
        delete = await connection.execute(sql.SQL("delete from {}").format(target))
        assert delete.rowcount == 0
        update = await connection.execute(
            sql.SQL("update {} set owner = %s").format(target), (BOB,)
        )
        assert update.rowcount == 0


async def test_row_cannot_be_given_away(database: Database, secret: UUID) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await execute(database, ADA, "update knowledge.documents set owner = %s", BOB)


async def test_row_cannot_be_planted(database: Database, secret: UUID) -> None:
    """Bob can write neither in Ada's name nor below her document in his own."""
    plant = "insert into knowledge.passages (document_id, ordinal, owner, tokens, content)"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await execute(database, BOB, f"{plant} values (%s, 9, %s, 1, 'x')", secret, ADA)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        await execute(database, BOB, f"{plant} values (%s, 9, %s, 1, 'x')", secret, BOB)


@pytest.mark.parametrize(
    "statement",
    [
        "alter table knowledge.documents disable row level security",
        "alter table knowledge.documents no force row level security",
        "drop policy own_documents on knowledge.documents",
        "create policy mine on knowledge.documents using (true)",
        "set role hearth_owner",
        "set session authorization postgres",
        "truncate knowledge.documents cascade",
        "drop schema knowledge cascade",
        "alter role hearth_app bypassrls",
        "create function knowledge.steal() returns int language sql as 'select 1'",
        "copy knowledge.documents to program 'cat'",
        "select pg_read_file('/etc/passwd')",
    ],
)
async def test_app_role_cannot_escape(database: Database, statement: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        await execute(database, BOB, statement)
    assert isinstance(
        caught.value, (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)
    )


async def test_key_must_be_owners(database: Database) -> None:
    """An object key outside the owner's own prefix is refused by the table itself."""
    documents = PostgresDocuments(database, Jobs(new_job_app()))
    with pytest.raises(psycopg.errors.CheckViolation):
        await documents.add(BOB, new_document(BOB, "x", object_key=f"user-{ADA}/documents/x"))


async def rows(
    connection: Connection, file: str, name: str, values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(load_queries(file)[name], values)
    return await cursor.fetchall()


async def execute(database: Database, user: UUID, statement: str, *values: Any) -> None:
    async with database.as_user(user) as connection:
        await connection.execute(statement, values or None)
