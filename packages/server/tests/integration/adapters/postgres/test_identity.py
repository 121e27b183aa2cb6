"""Identity in PostgreSQL: what every store promises, and what its roles may not."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from hearth_kit.ids import uuid7
from hearth_kit.secret import Secret
from hearth_server.adapters.postgres.errors import SchemaError
from hearth_server.adapters.postgres.identity import PostgresSignIns, PostgresTokens, check_schema
from hearth_server.adapters.postgres.identity_links import NotReadyError, issue_link
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.model import Person
from hearth_server.principal import Role
from hearth_server.testing.identity import LATER, NOW, IdentityConformance, Store
from hearth_server.testing.postgres import Postgres, Urls

pytestmark = pytest.mark.integration


def issue(
    url: Secret,
    secret: str,
    *,
    email: str | None = None,
    create: bool = False,
    until: datetime = LATER,
) -> tuple[str, bool] | None:
    return issue_link(
        url,
        email=email,
        create=create,
        new_id=uuid7(),
        digest=rules.digest(secret),
        now=NOW,
        lifetime=until - NOW,
    )


class PostgresAccounts:
    def __init__(self, urls: Urls) -> None:
        self._urls = urls

    def person(self, email: str) -> Person:
        assert issue(self._urls.app, str(uuid4()), email=email, create=True) is not None
        with psycopg.connect(self._urls.owner.reveal()) as connection:
            row = connection.execute(
                "select id, role from identity.users where email = %s", (email,)
            ).fetchone()
        assert row is not None
        return Person(id=row[0], email=email, role=Role(row[1]))

    def link(self, person: Person, secret: str, *, until: datetime) -> None:
        assert issue(self._urls.app, secret, email=person.email, until=until) is not None


class TestPostgresIdentity(IdentityConformance):
    @pytest.fixture
    def store(self, database: Database, urls: Urls) -> Store:
        return Store(
            signins=PostgresSignIns(database),
            tokens=PostgresTokens(database),
            accounts=PostgresAccounts(urls),
        )


def test_first_run_makes_owner(urls: Urls) -> None:
    assert issue(urls.app, "one") == ("owner@localhost", True)
    assert issue(urls.app, "two") == ("owner@localhost", True)
    with psycopg.connect(urls.owner.reveal()) as connection:
        rows = connection.execute("select email, role from identity.users").fetchall()
    assert rows == [("owner@localhost", "admin")]


async def test_sign_in_ends_first_run(urls: Urls, database: Database) -> None:
    issue(urls.app, "one", email="ada@example.com")
    store = Store(
        signins=PostgresSignIns(database),
        tokens=PostgresTokens(database),
        accounts=PostgresAccounts(urls),
    )
    await store.start("one", "session")
    assert issue(urls.app, "two") == ("ada@example.com", False)


def test_stranger_is_made_when_asked(urls: Urls) -> None:
    issue(urls.app, "one")
    assert issue(urls.app, "two", email="bob@example.com") is None
    assert issue(urls.app, "three", email="bob@example.com", create=True) is not None
    with psycopg.connect(urls.owner.reveal()) as connection:
        row = connection.execute(
            "select role from identity.users where email = 'bob@example.com'"
        ).fetchone()
    assert row == ("user",)


FORBIDDEN = [
    "select * from identity.sessions where true",
    "select digest from identity.tokens",
    "update identity.users set role = 'admin'",
    "insert into identity.users (id, email, role) values (gen_random_uuid(), 'a@b.c', 'admin')",
    "update identity.tokens set scopes = array['tokens:write']",
    "delete from identity.sessions",
    "select * from identity.sign_in_links",
    "create table identity.mine (id int)",
    "set role hearth_owner",
    "alter table identity.users disable row level security",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_server_role_may_not(urls: Urls, statement: str) -> None:
    with (
        psycopg.connect(urls.app.reveal()) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


async def test_nobody_sees_nobody(urls: Urls, database: Database) -> None:
    ada = PostgresAccounts(urls).person("ada@example.com")
    PostgresAccounts(urls).person("eve@example.com")
    count = "select count(*) from identity.users"
    async with database.as_nobody() as connection:
        assert await (await connection.execute(count)).fetchone() == (0,)
    async with database.as_user(ada.id) as connection:
        assert await (await connection.execute(count)).fetchone() == (1,)


async def test_token_for_another_is_refused(urls: Urls, database: Database) -> None:
    ada = PostgresAccounts(urls).person("ada@example.com")
    eve = PostgresAccounts(urls).person("eve@example.com")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.as_user(eve.id) as connection:
            await connection.execute(
                "insert into identity.tokens (id, user_id, name, digest, scopes, created_at,"
                " expires_at) values (%s, %s, 'x', %s, array['a'], now(), now())",
                (uuid7(), ada.id, b"x" * 32),
            )


async def test_last_use_is_written_seldom(urls: Urls, database: Database) -> None:
    ada = PostgresAccounts(urls).person("ada@example.com")
    tokens = PostgresTokens(database)
    store = Store(signins=PostgresSignIns(database), tokens=tokens, accounts=PostgresAccounts(urls))
    await store.add(ada.id)
    for seconds in (0, 30, 59):
        await tokens.find_holder(rules.digest("t"), now=NOW + timedelta(seconds=seconds))
    assert (await tokens.list_tokens(ada.id))[0].last_used_at == NOW
    await tokens.find_holder(rules.digest("t"), now=NOW + timedelta(seconds=61))
    assert (await tokens.list_tokens(ada.id))[0].last_used_at == NOW + timedelta(seconds=61)


async def test_missing_schema_is_named(postgres: Postgres) -> None:
    urls = postgres.create(migrated=False)
    with pytest.raises(NotReadyError) as caught:
        issue(urls.app, "one")
    assert str(caught.value) == "sign-in link: the database has no schema yet"
    assert caught.value.hint == "hearth-server migrate"
    empty = Database(urls.app)
    await empty.open()
    with pytest.raises(SchemaError) as missing:
        await check_schema(empty)
    assert str(missing.value) == "postgres: the schema is not there yet"
    await empty.close()
    postgres.drop(urls)


def test_missing_server_is_named() -> None:
    with pytest.raises(NotReadyError) as caught:
        issue(Secret("postgresql://hearth_app:hunter2@127.0.0.1:1/hearth"), "one")
    assert str(caught.value) == "sign-in link: the database does not answer"
    assert "hunter2" not in str(caught.value.as_dict())
