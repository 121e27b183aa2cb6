"""Sharing in a real PostgreSQL: the queries hold, and row-level security holds without them."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.passages import FEW, PostgresPassages
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.runs import PostgresRuns
from hearth_server.adapters.postgres.sharing import PostgresSharing
from hearth_server.capabilities.sharing.model import Audience
from hearth_server.testing.postgres import Urls
from hearth_server.testing.sharing import ADA, BOB, EVE, Stores, check_sharing
from psycopg import sql

pytestmark = pytest.mark.integration

TABLES = ("documents", "passages", "embeddings", "postings", "codes")


def add_people(urls: Urls, *emails: str) -> list[UUID]:
    ids = [uuid7() for _ in emails]
    with psycopg.connect(urls.admin.reveal()) as connection:
        for each, email in zip(ids, emails, strict=True):
            connection.execute(
                "insert into identity.users (id, email, role) values (%s, %s, 'user')",
                (each, email),
            )
    return ids


def make_stores(database: Database, urls: Urls, *, few: int = FEW) -> Stores:
    ada, bob, eve = add_people(urls, ADA, BOB, EVE)
    return Stores(
        documents=PostgresDocuments(database, Jobs(new_job_app())),
        runs=PostgresRuns(database),
        passages=PostgresPassages(database, few=few),
        sharing=PostgresSharing(database),
        ada=ada,
        bob=bob,
        eve=eve,
    )


@pytest.mark.parametrize("few", [FEW, 0], ids=["by vectors", "by codes"])
async def test_sharing_conforms(database: Database, urls: Urls, few: int) -> None:
    await check_sharing(make_stores(database, urls, few=few), pytest.raises)


async def test_share_opens_rows_for_reading_alone(database: Database, urls: Urls) -> None:
    """Raw SQL as the reader: each row of the shared document, none of another, none to change."""
    stores = make_stores(database, urls)
    shared, _ = await stores.add(stores.ada, "oak"), await stores.add(stores.ada, "yew")
    await stores.sharing.share(stores.ada, shared, Audience(people=(BOB,)), shared_by=ADA)
    for table in TABLES:
        target = sql.Identifier("knowledge", table)
        key = sql.Identifier("id" if table == "documents" else "document_id")
        async with database.as_user(stores.bob) as connection:
            seen = await connection.execute(sql.SQL("select {} from {}").format(key, target))
            assert await seen.fetchall() == [(shared,)], table
            gone = await connection.execute(sql.SQL("delete from {}").format(target))
            assert gone.rowcount == 0, table
            taken = await connection.execute(
                sql.SQL("update {} set owner = %s").format(target), (stores.bob,)
            )
            assert taken.rowcount == 0, table


@pytest.mark.parametrize("audience", ["person", "group", "everybody"])
async def test_nobody_shares_what_is_anothers(
    database: Database, urls: Urls, audience: str
) -> None:
    """A row of `shares` can be planted neither in Ada's name nor for her document in Bob's."""
    stores = make_stores(database, urls)
    secret, group = await stores.add(stores.ada, "oak"), uuid7()
    await stores.sharing.add_group(stores.bob, group, "mine", [BOB])
    plant = "insert into knowledge.shares values (%s, %s, %s, %s, %s, 'x')"
    email = BOB if audience == "person" else None
    to = group if audience == "group" else None
    for owner in (stores.ada, stores.bob):
        with pytest.raises(
            (psycopg.errors.InsufficientPrivilege, psycopg.errors.ForeignKeyViolation)
        ):
            async with database.as_user(stores.bob) as connection:
                await connection.execute(plant, (secret, owner, audience, email, to))
    assert not await stores.reads(stores.bob, secret, "oak")


async def test_nobody_joins_a_group_by_themselves(database: Database, urls: Urls) -> None:
    stores = make_stores(database, urls)
    secret, group = await stores.add(stores.ada, "oak"), uuid7()
    await stores.sharing.add_group(stores.ada, group, "Family", [ADA])
    await stores.sharing.share(stores.ada, secret, Audience(groups=(group,)), shared_by=ADA)
    plant = "insert into knowledge.group_members (group_id, owner, email) values (%s, %s, %s)"
    for owner in (stores.ada, stores.bob):
        with pytest.raises(
            (psycopg.errors.InsufficientPrivilege, psycopg.errors.ForeignKeyViolation)
        ):
            async with database.as_user(stores.bob) as connection:
                await connection.execute(plant, (group, owner, BOB))
    assert not await stores.reads(stores.bob, secret, "oak")


async def test_helper_functions_give_no_more_than_their_caller_may_see(
    database: Database, urls: Urls
) -> None:
    """Bob asks about Ada by her id: her address, her groups, what is shared with her."""
    stores = make_stores(database, urls)
    hers = await stores.add(stores.eve, "oak")
    await stores.sharing.share(stores.eve, hers, Audience(people=(ADA,)), shared_by=EVE)
    await stores.sharing.add_group(stores.ada, uuid7(), "Family", [ADA])
    ask = (
        "select knowledge.address_of(%(id)s), knowledge.groups_of(%(id)s),"
        " knowledge.shared_with(%(id)s)"
    )
    async with database.as_user(stores.bob) as connection:
        row = await (await connection.execute(ask, {"id": stores.ada})).fetchone()
    assert row == (None, [], [])
    async with database.as_user(stores.ada) as connection:
        row = await (await connection.execute(ask, {"id": stores.ada})).fetchone()
    assert row is not None
    assert (row[0], len(row[1]), row[2]) == (ADA, 1, [hers])
