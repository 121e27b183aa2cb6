"""What administrators may look at in PostgreSQL, and that none of it goes without an entry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.postgres.errors import SchemaError
from hearth_server.adapters.postgres.links import PostgresLinks
from hearth_server.adapters.postgres.migrate import migrate
from hearth_server.adapters.postgres.oversight import PostgresOversight, set_role
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.admin.errors import (
    LastAdminError,
    NoSuchDocumentError,
    NoSuchPersonError,
    NotAdminError,
)
from hearth_server.capabilities.identity.errors import PersonNotFoundError
from hearth_server.principal import Role
from hearth_server.testing.oversight import Household, check_oversight
from hearth_server.testing.postgres import ADMIN, APP, Postgres, Urls

pytestmark = pytest.mark.integration


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Two people with a document each, and an administrator."""

    urls: Urls
    oversight: PostgresOversight
    links: PostgresLinks
    root: UUID
    ada: UUID
    bob: UUID
    adas: UUID
    bobs: UUID

    def entries(self) -> list[tuple[Any, ...]]:
        """Give the audit as the superuser sees it."""
        return as_role(
            self.urls.admin, "select by_email, about_email, action, detail from admin.audit"
        )


def as_role(url: Any, *statements: str, caller: UUID | None = None) -> list[tuple[Any, ...]]:
    """Run statements in one transaction, and give the rows of the last."""
    with psycopg.connect(url.reveal()) as connection:
        if caller:
            connection.execute("select set_config('hearth.user_id', %s, true)", (str(caller),))
        rows: Sequence[Any] = []
        for statement in statements:
            cursor = connection.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        return list(rows)


@pytest.fixture
async def house(urls: Urls, database: Database) -> AsyncIterator[House]:
    ids = {name: uuid7() for name in ("root", "ada", "bob", "adas", "bobs")}
    with psycopg.connect(urls.admin.reveal()) as connection:
        for name, role in (("root", "admin"), ("ada", "user"), ("bob", "user")):
            connection.execute(
                "insert into identity.users (id, email, role) values (%s, %s, %s)",
                (ids[name], f"{name}@example.org", role),
            )
        for owner, document in (("ada", "adas"), ("bob", "bobs")):
            connection.execute(
                "insert into knowledge.documents (id, owner, title, source_type, source,"
                " media_type, size_bytes, content_sha256, pipeline, object_key, status, passages,"
                " words) values (%s, %s, %s, 'text', 'x', 'text/plain', 7, repeat('0', 64), 1,"
                " %s, 'ready', 1, 2)",
                (ids[document], ids[owner], document, f"user-{ids[owner]}/x"),
            )
            connection.execute(
                "insert into knowledge.passages (document_id, ordinal, owner, tokens, content)"
                " values (%s, 0, %s, 2, %s)",
                (ids[document], ids[owner], f"{owner}'s secret"),
            )
    looking = Database(urls.looks)
    await looking.open()
    yield House(
        urls=urls, oversight=PostgresOversight(looking), links=PostgresLinks(database), **ids
    )
    await looking.close()


async def test_oversight_conforms(house: House) -> None:
    people = Household(
        root=house.root, ada=house.ada, bob=house.bob, adas=house.adas, bobs=house.bobs
    )
    await check_oversight(house.oversight, people, pytest.raises)


async def test_each_look_is_an_entry_that_its_person_sees(house: House) -> None:
    await house.oversight.list_people(house.root, text="", limit=9, offset=0)
    await house.oversight.get_usage(house.root, house.ada)
    await house.oversight.list_documents(house.root, house.ada, limit=9, offset=0)
    await house.oversight.get_document(house.root, house.ada, house.adas, first=0, limit=9)
    kept = await house.oversight.list_entries(house.root, about=None, before=None, limit=9)
    root, ada = "root@example.org", "ada@example.org"
    assert [(each.by, each.about_email, each.action, each.detail) for each in kept] == [
        (root, "", "list_audit_log", ""),
        (root, ada, "get_document_of", str(house.adas)),
        (root, ada, "list_documents_of", ""),
        (root, ada, "get_usage", ""),
        (root, "", "list_people", ""),
    ]
    older = await house.oversight.list_entries(
        house.root, about=house.ada, before=kept[1].id, limit=1
    )
    assert [each.id for each in older] == [kept[2].id]
    hers = await house.links.list_events(house.ada, limit=9)
    assert [(each.event, each.by, each.detail) for each in hers] == [
        ("looked", root, "list_audit_log"),
        ("looked", root, "list_audit_log"),
        ("looked", root, f"get_document_of {house.adas}"),
        ("looked", root, "list_documents_of"),
        ("looked", root, "get_usage"),
        ("looked", root, "list_people"),
    ]
    his = await house.links.list_events(house.bob, limit=9)
    assert [each.detail for each in his] == ["list_audit_log", "list_people"]


async def test_another_persons_document_is_not_given(house: House) -> None:
    """Nor by a look at somebody else, which is then an entry about that somebody."""
    with pytest.raises(NoSuchDocumentError) as caught:
        await house.oversight.get_document(house.root, house.ada, house.bobs, first=0, limit=9)
    assert str(caught.value) == f"document `{house.bobs}`: that person has none of that id"
    assert [each[1:] for each in house.entries()] == [
        ("ada@example.org", "get_document_of", str(house.bobs))
    ]


async def test_nobody_is_told(house: House) -> None:
    nobody = uuid7()
    with pytest.raises(NoSuchPersonError) as caught:
        await house.oversight.get_usage(house.root, nobody)
    assert str(caught.value) == f"person `{nobody}`: nobody here has that id"
    assert house.entries() == []


async def test_database_itself_asks_who_is_administrator(house: House) -> None:
    """Whatever the server believes: a person who is none, or is none any more, gets nothing."""
    with pytest.raises(NotAdminError) as caught:
        await house.oversight.get_usage(house.ada, house.bob)
    assert str(caught.value) == "admin: only administrators may look"
    assert house.entries() == []
    look = note(house, house.root, "get_usage", house.ada)
    as_role(house.urls.admin, "update identity.users set role = 'user'")
    with pytest.raises(psycopg.DatabaseError, match="nothing was written down"):
        read_usage(house, house.root, look, house.ada)


def note(house: House, caller: UUID, action: str, about: UUID | None, detail: str = "") -> int:
    """Write an entry down and commit it."""
    whom = f"'{about}'" if about else "null"
    rows = as_role(
        house.urls.looks, f"select admin.note_look('{action}', {whom}, '{detail}')", caller=caller
    )
    return int(rows[0][0])


def read_usage(house: House, caller: UUID, look: int, whom: UUID) -> list[tuple[Any, ...]]:
    return as_role(
        house.urls.looks, f"select email from admin.usage({look}, '{whom}')", caller=caller
    )


async def test_entry_allows_what_it_names_and_nothing_else(house: House) -> None:
    second = uuid7()
    as_role(
        house.urls.admin,
        "insert into identity.users (id, email, role)"
        f" values ('{second}', 'second@example.org', 'admin')",
    )
    look = note(house, house.root, "get_usage", house.ada)
    assert read_usage(house, house.root, look, house.ada) == [("ada@example.org",)]
    others = {
        "another person": f"select * from admin.usage({look}, '{house.bob}')",
        "another action": f"select * from admin.documents({look}, '{house.ada}', 9, 0)",
        "everybody": f"select * from admin.people({look}, '', 9, 0)",
        "no entry": f"select * from admin.usage({look + 1000}, '{house.ada}')",
    }
    for statement in others.values():
        with pytest.raises(psycopg.DatabaseError, match="nothing was written down"):
            as_role(house.urls.looks, statement, caller=house.root)
    with pytest.raises(psycopg.DatabaseError, match="nothing was written down"):
        read_usage(house, second, look, house.ada)
    opened = note(house, house.root, "get_document_of", house.ada, str(house.adas))
    with pytest.raises(psycopg.DatabaseError, match="nothing was written down"):
        as_role(
            house.urls.looks,
            f"select * from admin.passages({opened}, '{house.ada}', '{house.bobs}', 0, 9)",
            caller=house.root,
        )


async def test_entry_that_could_still_be_rolled_back_allows_nothing(house: House) -> None:
    """Else: write it, read, roll back, and nobody would ever know."""
    with psycopg.connect(house.urls.looks.reveal()) as connection:
        connection.execute("select set_config('hearth.user_id', %s, true)", (str(house.root),))
        noted = connection.execute(
            "select admin.note_look('get_usage', %s, '')", (house.ada,)
        ).fetchone()
        assert noted is not None
        connection.execute("savepoint before")
        with pytest.raises(psycopg.DatabaseError, match="nothing was written down"):
            connection.execute("select * from admin.usage(%s, %s)", (noted[0], house.ada))
        connection.rollback()
    assert house.entries() == []


async def test_entry_allows_for_a_minute(house: House) -> None:
    as_role(
        house.urls.admin,
        "insert into admin.audit (at, by_id, by_email, about, about_email, action, detail)"
        f" values (clock_timestamp() - interval '61 seconds', '{house.root}', 'r',"
        f" '{house.ada}', 'a', 'get_usage', '')",
    )
    ((look,),) = as_role(house.urls.admin, "select id from admin.audit")
    with pytest.raises(psycopg.DatabaseError, match="nothing was written down"):
        read_usage(house, house.root, look, house.ada)


NOT_FOR_THE_ROLE = (
    "select * from identity.users",
    "select * from identity.tokens",
    "select * from knowledge.documents",
    "select * from knowledge.passages",
    "select * from admin.audit",
    "insert into admin.audit (by_email, about_email, action, detail) values ('a', '', 'x', '')",
    "delete from admin.audit",
    "select admin.examine(1, 'get_usage', null, '')",
    "select admin.examined()",
    "select identity.find_session('\\x00', now())",
    "set role hearth_owner",
    "set role hearth_app",
    "alter table admin.audit disable trigger stays",
    "drop trigger stays on admin.audit",
    "create table admin.mine (id int)",
)


@pytest.mark.parametrize("statement", NOT_FOR_THE_ROLE)
async def test_role_of_administrators_may_not(house: House, statement: str) -> None:
    """Not even with an administrator's name, and not with what the functions set put in before."""
    everybody = "select set_config('hearth.examined', 'everybody', true)"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role(house.urls.looks, everybody, statement, caller=house.root)


CALLS = (
    "admin.note_look('get_usage', '{ada}', '')",
    "admin.people(1, '', 9, 0)",
    "admin.usage(1, '{ada}')",
    "admin.documents(1, '{ada}', 9, 0)",
    "admin.document(1, '{ada}', '{adas}')",
    "admin.passages(1, '{ada}', '{adas}', 0, 9)",
    "admin.entries(1, null, null, 9)",
    "admin.set_role('ada@example.org', 'admin')",
)


@pytest.mark.parametrize("call", CALLS)
async def test_servers_usual_role_may_call_none_of_it(house: House, call: str) -> None:
    """A hole in an ordinary query is no way to what administrators may look at."""
    filled = call.format(ada=house.ada, adas=house.adas)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role(house.urls.app, f"select * from {filled}", caller=house.root)


async def test_all_that_is_callable_was_tried(house: House) -> None:
    rows = as_role(
        house.urls.admin,
        "select p.proname from pg_proc p where p.pronamespace = 'admin'::regnamespace"
        " and has_function_privilege('hearth_admin', p.oid, 'execute') order by 1",
    )
    assert {name for (name,) in rows} == {each.split("(")[0].split(".")[1] for each in CALLS}


async def test_administrators_ordinary_way_shows_their_own(house: House) -> None:
    """What the policies open, they open for the functions alone, whatever a transaction sets."""
    assert as_role(
        house.urls.app,
        "select set_config('hearth.examined', 'everybody', true)",
        "select id from knowledge.documents union all select document_id from"
        " knowledge.passages union all select id from identity.users",
        caller=house.root,
    ) == [(house.root,)]


CHANGES = (
    "update admin.audit set by_email = 'somebody@else.org'",
    "delete from admin.audit",
    "truncate admin.audit",
    "insert into admin.audit (by_email, about_email, action, detail) values ('a', '', 'x', '')",
)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("role", ["app", "looks"])
async def test_servers_roles_cannot_change_an_entry(house: House, role: str, change: str) -> None:
    await house.oversight.get_usage(house.root, house.ada)
    before = house.entries()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role(getattr(house.urls, role), change, caller=house.root)
    assert house.entries() == before


@pytest.mark.parametrize("role", ["owner", "admin"])
@pytest.mark.parametrize("change", CHANGES[:3])
async def test_neither_can_owner_or_superuser_by_mistake(
    house: House, role: str, change: str
) -> None:
    await house.oversight.get_usage(house.root, house.ada)
    before = house.entries()
    with pytest.raises(psycopg.DatabaseError, match="stays as it is"):
        as_role(getattr(house.urls, role), change)
    assert house.entries() == before


async def test_role_is_given_from_the_console(house: House) -> None:
    assert set_role(house.urls.looks, "ada@example.org", Role.ADMIN) is True
    assert set_role(house.urls.looks, "ada@example.org", Role.ADMIN) is False
    await house.oversight.get_usage(house.ada, house.bob)
    assert house.entries()[0] == ("the console", "ada@example.org", "set_role", "admin")
    hers = await house.links.list_events(house.ada, limit=9)
    assert [(each.event, each.by, each.detail) for each in hers] == [
        ("role", "the console", "admin")
    ]
    with pytest.raises(psycopg.DatabaseError, match="from the console alone"):
        as_role(
            house.urls.looks, "select admin.set_role('bob@example.org', 'admin')", caller=house.root
        )


async def test_last_administrator_stays_one(house: House) -> None:
    with pytest.raises(LastAdminError) as caught:
        set_role(house.urls.looks, "root@example.org", Role.USER)
    assert str(caught.value) == "email: `root@example.org` is the only administrator"
    set_role(house.urls.looks, "ada@example.org", Role.ADMIN)
    assert set_role(house.urls.looks, "root@example.org", Role.USER) is True
    with pytest.raises(NotAdminError):
        await house.oversight.get_usage(house.root, house.ada)


async def test_stranger_gets_no_role(house: House) -> None:
    with pytest.raises(PersonNotFoundError) as caught:
        set_role(house.urls.looks, "eve@example.org", Role.ADMIN)
    assert str(caught.value) == "email: nobody here has the address `eve@example.org`"


async def test_role_that_was_made_later_is_let_in(postgres: Postgres) -> None:
    urls = postgres.create(migrated=False)
    migrate(urls.owner, APP, "nobody_has_made_this")
    with pytest.raises(SchemaError) as caught:
        set_role(urls.looks, "ada@example.org", Role.ADMIN)
    assert str(caught.value) == "admin: the role of HEARTH_DATABASE_ADMIN_URL is not let in yet"
    assert caught.value.hint == "hearth-server migrate"
    migrate(urls.owner, APP, ADMIN)
    with pytest.raises(PersonNotFoundError):
        set_role(urls.looks, "ada@example.org", Role.ADMIN)
    postgres.drop(urls)
