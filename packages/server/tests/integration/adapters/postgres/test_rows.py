"""Looks into real tables: every collection of the allow-list, and nobody else's rows."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.memory.objects import MemoryObjects
from hearth_server.adapters.obstore.rows import ObjectRows
from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.graph import PostgresGraph
from hearth_server.adapters.postgres.identity import PostgresAdmissions, PostgresTokens
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.links import PostgresLinks
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.rows import PostgresRows
from hearth_server.adapters.postgres.runs import PostgresRuns
from hearth_server.capabilities.data.collections import COLLECTIONS
from hearth_server.capabilities.data.errors import RowNotFoundError
from hearth_server.capabilities.data.model import Store
from hearth_server.capabilities.data.tools import DataTools
from hearth_server.capabilities.identity.model import ApiToken
from hearth_server.testing.conformance import INFO, indexed, new_document
from hearth_server.testing.graphs import add, join
from hearth_server.testing.identity import LATER, NOW
from hearth_server.testing.looks import check_rows
from hearth_server.testing.postgres import Urls
from hearth_server.testing.principals import make_principal

pytestmark = pytest.mark.integration


async def test_rows_conform(database: Database) -> None:
    await check_rows(PostgresRows(database), PostgresGraph(database))


async def fill(database: Database, email: str, objects: MemoryObjects) -> UUID:
    """Give a person two rows in every collection."""
    person = await PostgresAdmissions(database).admit(
        email, is_service=False, is_admin=False, new_id=uuid7(), now=NOW
    )
    runs, documents = PostgresRuns(database), PostgresDocuments(database, Jobs(new_job_app()))
    for word in ("one", "two"):
        made, _ = await documents.add(person.id, new_document(person.id, f"{word} {email}"))
        run = await runs.start(person.id, made.id)
        assert run is not None
        await runs.finish(run, indexed((word, (1.0, 0.0, 0.0))), INFO)
        token = ApiToken(
            id=uuid7(), name=word, scopes=("act-for",), created_at=NOW, expires_at=LATER,
            last_used_at=None, groups=None,
        )  # fmt: skip
        await PostgresTokens(database).add_token(person.id, token, digest=token.id.bytes * 2)
        links = PostgresLinks(database)
        code = uuid7().bytes * 2
        await links.add_code(person.id, code, scopes=["act-for"], now=NOW, until=LATER)
        await links.redeem(person.id, token.id, code, name=word, new_id=uuid7(), now=NOW)
        await objects.put(f"user-{person.id}/documents/{word}", _bytes(word))
    graph = PostgresGraph(database)
    first, second = await add(graph, person.id, "one"), await add(graph, person.id, "two")
    await join(graph, person.id, first, "knows", second)
    await join(graph, person.id, second, "knows", first)
    return person.id


async def _bytes(word: str):
    yield word.encode()


def tools_on(database: Database, objects: MemoryObjects) -> DataTools:
    tables = PostgresRows(database)
    storage = ObjectRows(objects, served_by="memory")
    return DataTools(dict.fromkeys(Store, tables) | {Store.STORAGE: storage})


async def test_everybody_meets_their_own_rows_only(database: Database) -> None:
    objects = MemoryObjects()
    ada, bob = [await fill(database, f"{name}@example.com", objects) for name in ("ada", "bob")]
    tools = tools_on(database, objects)
    for store, collections in COLLECTIONS.items():
        for each in collections:
            asked = {"store": store, "collection": each.name}
            hers = await tools.view_data(make_principal(ada), **asked)
            his = await tools.view_data(make_principal(bob), **asked)
            assert len(hers.rows) >= 2, each.name
            assert len(his.rows) == len(hers.rows), each.name
            if store is not Store.STORAGE:  # keys of objects are alike below each prefix
                keys = {row[each.key] for row in hers.rows}
                assert keys.isdisjoint(row[each.key] for row in his.rows), each.name
                for key in keys:
                    with pytest.raises(RowNotFoundError):
                        await tools.get_data_row(make_principal(bob), **asked, key=str(key))
            for row in hers.rows:
                key = str(row[each.key])
                found = await tools.get_data_row(make_principal(ada), **asked, key=key)
                assert found.row == row
            nobodys = await tools.view_data(make_principal(uuid7()), **asked)
            assert nobodys.rows == ()


async def test_each_column_may_be_seen_filtered_and_sorted_by(database: Database) -> None:
    """A name of the list that a table has not, or a type that it is not, would show here."""
    objects = MemoryObjects()
    ada = make_principal(await fill(database, "ada@example.com", objects))
    tools = tools_on(database, objects)
    values = {"uuid": str(uuid7()), "number": "1", "time": str(NOW), "text": "x", "list": "x"}
    for store, collections in COLLECTIONS.items():
        for each in collections:
            for column in each.columns:
                word = "contains" if column.type == "list" else "ne"
                looked = await tools.view_data(
                    ada,
                    store=store,
                    collection=each.name,
                    filters=[f"{column.name}:{word}:{values[column.type]}"],
                    sort=f"-{column.name}" if column.sortable else "",
                    limit=1,
                )
                follows = await tools.view_data(
                    ada,
                    store=store,
                    collection=each.name,
                    filters=[f"{column.name}:{word}:{values[column.type]}"],
                    sort=f"-{column.name}" if column.sortable else "",
                    cursor=looked.next_cursor,
                )
                if looked.next_cursor:
                    assert follows.rows
                    assert follows.rows[0] != looked.rows[0]


async def test_shared_rows_are_not_ones_own(database: Database, urls: Urls) -> None:
    """Even where a policy let another's row be seen, a look stays with the caller's own."""
    objects = MemoryObjects()
    await fill(database, "ada@example.com", objects)
    bob = await fill(database, "bob@example.com", objects)
    with psycopg.connect(urls.admin.reveal()) as connection:
        connection.execute("create policy wide on knowledge.documents for select using (true)")
    page = await tools_on(database, objects).view_data(make_principal(bob), store=Store.MONGODB)
    assert [row["title"] for row in page.rows] == ["two bob@example.com", "one bob@example.com"]


async def test_page_follows_while_rows_come_in(database: Database) -> None:
    owner, graph = uuid7(), PostgresGraph(database)
    for name in ("b", "d", "f"):
        await add(graph, owner, name)
    tools, ada = tools_on(database, MemoryObjects()), make_principal(owner)
    first = await tools.view_data(ada, store=Store.NEO4J, limit=2)
    for name in ("a", "e"):
        await add(graph, owner, name)
    second = await tools.view_data(ada, store=Store.NEO4J, limit=2, cursor=first.next_cursor)
    names = [row["name"] for row in (*first.rows, *second.rows)]
    assert (names, second.next_cursor) == (["b", "d", "e", "f"], "")
