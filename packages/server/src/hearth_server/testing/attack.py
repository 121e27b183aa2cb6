"""A whole installation with three people and an administrator, for tests that try to break in.

Everything that a person keeps holds their mark, a word that no attack sends: where the mark turns
up in an answer to another, it was read from the store.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import httpx2
import psycopg
from hearth_kit.ids import uuid7
from psycopg import sql
from starlette.types import ASGIApp, Message

from hearth_server.adapters.postgres.facts import PostgresFacts
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.readings import PostgresReadings
from hearth_server.assembly.knowledge import assemble_worker
from hearth_server.capabilities.graph.model import Named, NewFact
from hearth_server.edge.http.app import build_app
from hearth_server.edge.http.parts import Parts
from hearth_server.main import build_parts
from hearth_server.principal import Principal, Role, scopes_of
from hearth_server.settings.model import Settings
from hearth_server.testing.postgres import Urls
from hearth_server.testing.repositories import packed

PEOPLE: Final = ("ada", "bob", "eve", "root")
ADDRESSES: Final = {name: f"{name}@example.org" for name in PEOPLE}
COMMON: Final = "river"
"""A word that stands in every document, so that a search for it meets everybody's."""

READERS: Final = MappingProxyType(
    {
        "public": frozenset(PEOPLE),
        "group": frozenset({"ada", "eve"}),
        "shared": frozenset({"ada", "eve"}),
    }
)
"""Who may read which of the documents that Ada lets others read, by their marks."""

_MARK: Final = re.compile(r"(\w+?)smark\w*")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def mark_of(name: str) -> str:
    """Give the word that stands in all that a person keeps."""
    return f"{name}smark"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A running installation; `people` sign in by the token in `tokens`."""

    app: ASGIApp
    parts: Parts
    urls: Urls
    people: Mapping[str, Principal]
    tokens: Mapping[str, str]

    def client(self, name: str) -> httpx2.AsyncClient:
        """Open a client that proves to be somebody."""
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url=self.parts.base_url,
            headers={"authorization": f"Bearer {self.tokens[name]}"},
            timeout=20,
        )

    def foreign_marks(self, text: str, reader: str) -> set[str]:
        """Find in an answer the marks of all that its reader may not read."""
        return set(_MARK.findall(text)) - self.readable_marks(reader)

    def readable_marks(self, reader: str) -> set[str]:
        """Give the marks of what somebody may read: their own, and what is shared with them."""
        return {reader, *(mark for mark, readers in READERS.items() if reader in readers)}

    def kept_by(self, name: str) -> dict[str, str]:
        """Digest every row of a person, a table each, as the superuser sees them."""
        found = {}
        with psycopg.connect(self.urls.admin.reveal()) as connection:
            for schema, table, column in _owned_tables(connection):
                query = sql.SQL("select coalesce(string_agg(t::text, '\n' order by t::text), '')"
                    " from {} t where {} = %s").format(
                    sql.Identifier(schema, table), sql.Identifier(column)
                )  # fmt: skip
                row = connection.execute(query, (self.people[name].user_id,)).fetchone()
                text = row[0] if row else ""
                if text:
                    digest = hashlib.sha256(text.encode()).hexdigest()
                    found[f"{schema}.{table}"] = f"{text.count(chr(10)) + 1} rows {digest}"
        return found

    async def seen_by(self, name: str) -> list[str]:
        """Give what a person sees of their own, in whichever store it is."""
        caller, call = self.people[name], self.parts.registry.call
        seen = []
        for store in (await call(caller, "list_stores", {}))["stores"]:
            for each in store["collections"]:
                view = {"store": store["store"], "collection": each["name"], "limit": 200}
                seen.append(f"{view} {(await call(caller, 'view_data', view))['rows']}")
        for way in ("vector", "text"):
            asked = {"query": COMMON, "match_count": 50, "search_type": way}
            hits = (await call(caller, "search_knowledge_base", asked))["hits"]
            seen += sorted(f"{way} {each['text']}" for each in hits)
        return seen

    async def ids_everywhere(self, name: str) -> list[str]:
        """Give every id of what a person keeps, in whichever store it is."""
        seen = " ".join(await self.seen_by(name))
        return sorted({*self.ids_of(name), *_UUID.findall(seen)})

    def looks(self) -> list[tuple[Any, ...]]:
        """Give each look of an administrator that was noted."""
        with psycopg.connect(self.urls.admin.reveal()) as connection:
            return connection.execute("select id, action from admin.audit").fetchall()

    def ids_of(self, name: str) -> list[str]:
        """Give every id in every row of a person in the database."""
        ids: set[str] = set()
        with psycopg.connect(self.urls.admin.reveal()) as connection:
            for schema, table, column in _owned_tables(connection):
                query = sql.SQL("select t::text from {} t where {} = %s").format(
                    sql.Identifier(schema, table), sql.Identifier(column)
                )
                rows = connection.execute(query, (self.people[name].user_id,)).fetchall()
                ids.update(each for (text,) in rows for each in _UUID.findall(text))
        return sorted(ids)


def _owned_tables(connection: psycopg.Connection[Any]) -> list[tuple[str, str, str]]:
    return connection.execute(
        "select n.nspname, c.relname, a.attname from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace"
        " join pg_attribute a on a.attrelid = c.oid"
        " where c.relkind = 'r' and not a.attisdropped and a.attname in ('owner', 'user_id')"
        " and n.nspname not in ('pg_catalog', 'information_schema') order by 1, 2"
    ).fetchall()


@asynccontextmanager
async def running_world(
    urls: Urls, data: Path, stores: Mapping[str, Any] = MappingProxyType({})
) -> AsyncIterator[World]:
    """Build the served application on a database of its own, and fill it for everybody.

    `stores` are settings that put other stores in the place of the database and the folder.
    """
    settings = Settings(
        database_url=urls.app,
        database_admin_url=urls.looks,
        data_dir=data,
        rate_limit=0,
        daily_quota=0,
        token_rate_limit=0,
        token_daily_quota=0,
        **stores,
    )
    database = Database(urls.app)
    await database.open()
    try:
        parts = build_parts(settings, database, stopping=asyncio.Event())
        app = build_app(parts)
        async with _lifespan(app):
            people = _add_people(urls)
            tokens = {name: await _fill(parts, people[name]) for name in PEOPLE}
            await _share(parts, people["ada"])
            await _ingest(settings, database, urls)
            yield World(app=app, parts=parts, urls=urls, people=people, tokens=tokens)
    finally:
        await database.close()


def _add_people(urls: Urls) -> dict[str, Principal]:
    people = {}
    with psycopg.connect(urls.admin.reveal()) as connection:
        for name, email in ADDRESSES.items():
            role = Role.ADMIN if name == "root" else Role.USER
            people[name] = Principal(
                user_id=uuid7(),
                email=email,
                role=role,
                kind="session",
                scopes=scopes_of(role),
                name=email,
            )
            connection.execute(
                "insert into identity.users (id, email, role) values (%s, %s, %s)",
                (people[name].user_id, email, role.value),
            )
    return people


async def _fill(parts: Parts, person: Principal) -> str:
    """Have a person use what there is to use; give a token of theirs."""
    mark = mark_of(person.email.partition("@")[0])

    async def call(tool: str, **arguments: object) -> Any:  # noqa: ANN401  JSON
        return await parts.registry.call(person, tool, arguments)

    made = await call("create_api_token", name=mark, scopes=sorted(person.scopes))
    for number in range(2):
        text = f"# {mark} heading\n\nThe {COMMON} is {mark}{number}."
        await call("ingest_text", text=text, title=f"{mark}{number}", tags=["water", mark])
    await call("create_reader_group", name=f"{mark} group", people=["someone@example.org"])
    await call("create_link_code", scopes=["knowledge:read"])
    await call("add_thing", label="person", name=f"{mark} thing", note=mark)
    await call(
        "add_relation",
        subject_label="person",
        subject=f"{mark} one",
        relation="knows",
        object_label="person",
        object_name=f"{mark} two",
        note=mark,
    )
    await _add_repository(parts, person, mark)
    return str(made["secret"])


async def _add_repository(parts: Parts, person: Principal, mark: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield packed({f"{mark}/{mark}.py": f"def {mark}_call(): {mark}_call()\n".encode()})

    if parts.receive_archive is not None:
        await parts.receive_archive(person, f"{mark}.tgz", "", chunks())


async def _share(parts: Parts, ada: Principal) -> None:
    """Let others read documents of Ada's: everybody, a group that Eve is in, and Eve herself."""
    call = parts.registry.call
    group = await call(
        ada, "create_reader_group", {"name": "groupsmark", "people": [ADDRESSES["eve"]]}
    )
    audiences: dict[str, dict[str, Any]] = {
        "public": {"everybody": True},
        "group": {"groups": [group["id"]]},
        "shared": {"people": [ADDRESSES["eve"]]},
    }
    for name, audience in audiences.items():
        mark = mark_of(name)
        given = {"text": f"The {COMMON} is {mark}.", "title": mark, "tags": ["water"]}
        document = await call(ada, "ingest_text", given)
        await call(ada, "share_document", {"document_id": document["id"], **audience})


async def _ingest(settings: Settings, database: Database, urls: Urls) -> None:
    worker = assemble_worker(settings, database)
    with psycopg.connect(urls.admin.reveal()) as connection:
        queued = connection.execute("select owner, id from knowledge.documents").fetchall()
        repositories = connection.execute("select owner, id from graph.repositories").fetchall()
    async with worker.running():
        for owner, document_id in queued:
            await worker.ingester.ingest(owner, document_id)
        for owner, repository_id in repositories:
            await worker.indexer.index(owner, repository_id)
    await _read_facts(database, urls)


async def _read_facts(database: Database, urls: Urls) -> None:
    """Put what a language model would read out of each document into its owner's graph."""
    facts = PostgresFacts(database)
    readings = PostgresReadings(database, Jobs(new_job_app()))
    with psycopg.connect(urls.admin.reveal()) as connection:
        passages = connection.execute(
            "select owner, document_id, ordinal, content from knowledge.passages"
        ).fetchall()
    for owner, document_id, ordinal, content in passages:
        mark = _MARK.search(content)
        if mark is None:
            continue
        fact = NewFact(
            subject=Named(label="person", name=mark[0], aliases=(f"{mark[0]} also",)),
            kind="knows",
            object=Named(label="river", name=COMMON),
            ordinal=ordinal,
            quote=mark[0],
            is_exclusive=True,
        )
        await facts.put(owner, document_id, [fact], now=datetime.now(UTC))
        await readings.request(owner, document_id)


@asynccontextmanager
async def _lifespan(app: ASGIApp) -> AsyncIterator[None]:
    """Run the application's startup and shutdown in a task of its own."""
    wishes: asyncio.Queue[Message] = asyncio.Queue()
    answers: asyncio.Queue[Message] = asyncio.Queue()
    scope: dict[str, Any] = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}

    async def run() -> None:
        await app(scope, wishes.get, answers.put)

    task = asyncio.create_task(run())
    for word in ("startup", "shutdown"):
        await wishes.put({"type": f"lifespan.{word}"})
        answer = await asyncio.wait_for(answers.get(), 20)
        if answer["type"] != f"lifespan.{word}.complete":
            raise RuntimeError(answer.get("message", answer["type"]))
        if word == "startup":
            try:
                yield
            except BaseException:
                task.cancel()
                raise
    await task
