"""The views of data and `/api/v1/rag` as a program meets them, over a real database and folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest
from hearth_kit.clock import SystemClock
from hearth_kit.ids import uuid7
from hearth_kit.tokens import make_token
from hearth_server.adapters.postgres.identity import PostgresAdmissions, PostgresTokens
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.identity.model import ApiToken
from hearth_server.capabilities.identity.rules import digest
from hearth_server.edge.http.app import build_app
from hearth_server.main import build_parts
from hearth_server.principal import SCOPES
from hearth_server.settings.model import Settings
from hearth_server.testing.identity import LATER, NOW
from hearth_server.testing.postgres import Urls

pytestmark = pytest.mark.integration

Agent = Callable[[str], httpx2.AsyncClient]


async def token_of(database: Database, email: str, scopes: tuple[str, ...]) -> str:
    person = await PostgresAdmissions(database).admit(
        email, is_service=False, is_admin=False, new_id=uuid7(), now=NOW
    )
    secret = make_token(uuid4().bytes * 2)
    token = ApiToken(
        id=uuid7(), name=f"t{uuid7()}", scopes=scopes, created_at=NOW,
        expires_at=SystemClock().now() + (LATER - NOW), last_used_at=None, groups=None,
    )  # fmt: skip
    await PostgresTokens(database).add_token(person.id, token, digest=digest(secret.reveal()))
    return secret.reveal()


@pytest.fixture
async def open_agent(database: Database, urls: Urls, tmp_path: Path) -> AsyncIterator[Agent]:
    settings = Settings(database_url=urls.app, data_dir=tmp_path)
    app = build_app(build_parts(settings, database, stopping=asyncio.Event()))
    opened: list[httpx2.AsyncClient] = []

    def open_one(token: str) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app),
            base_url="http://127.0.0.1:8000",
            headers={"authorization": f"Bearer {token}"},
        )
        opened.append(client)
        return client

    yield open_one
    for client in opened:
        await client.aclose()


@pytest.fixture
async def ada(database: Database, open_agent: Agent) -> httpx2.AsyncClient:
    return open_agent(await token_of(database, "ada@example.com", tuple(SCOPES)))


async def upload(client: httpx2.AsyncClient, *names: str) -> list[str]:
    files = [("files", (name, f"text of {name}".encode(), "text/plain")) for name in names]
    answer = await client.post("/api/v1/rag/ingest", files=files)
    assert answer.status_code == 201, answer.text
    return [each["id"] for each in answer.json()["documents"]]


async def test_files_are_paged_and_one_is_looked_at(ada: httpx2.AsyncClient) -> None:
    ids = await upload(ada, "one.txt", "two.txt", "three.txt")
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        asked = {"limit": 1, "sort": "-key", "cursor": cursor}
        page = (await ada.get("/api/v1/data/storage", params=asked)).json()
        assert (page["served_by"], page["collection"]) == ("folder", "objects")
        seen += [row["key"] for row in page["rows"]]
        cursor = page["next_cursor"]
    assert seen == sorted((f"documents/{each}" for each in ids), reverse=True)
    assert cursor == ""
    one = (await ada.get(f"/api/v1/data/storage/objects/{seen[0]}")).json()
    assert one["row"]["size_bytes"] in {
        len(f"text of {name}.txt") for name in ("one", "two", "three")
    }


async def test_filters_may_be_several(ada: httpx2.AsyncClient) -> None:
    await upload(ada, "one.txt", "two.txt")
    asked = [("filter", "status:eq:queued"), ("filter", "source:contains:TWO"), ("sort", "title")]
    for store in ("supabase", "mongodb"):
        page = (await ada.get(f"/api/v1/data/{store}", params=asked)).json()
        assert [row["source"] for row in page["rows"]] == ["two.txt"]
        assert page["served_by"] == "postgres"


async def test_strangers_rows_are_not_there(
    ada: httpx2.AsyncClient, database: Database, open_agent: Agent
) -> None:
    (document,) = await upload(ada, "one.txt")
    added = {"label": "person", "name": "Ada"}
    node = (await ada.post("/api/v1/tools/add_thing", json=added)).json()["id"]
    bob = open_agent(await token_of(database, "bob@example.com", tuple(SCOPES)))
    for path in (
        f"supabase/documents/{document}",
        f"mongodb/documents/{document}",
        f"mongodb/chunks/{document}:00000000",
        f"storage/objects/documents/{document}",
        f"neo4j/nodes/{node}",
        f"neo4j/nodes/{UUID(int=0)}",
        "supabase/documents/1' or '1'='1",
    ):
        answer = await bob.get(f"/api/v1/data/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "row-not-found"), path
    assert (await ada.get(f"/api/v1/data/neo4j/nodes/{node}")).json()["row"]["name"] == "Ada"
    for store in ("storage", "supabase", "neo4j", "mongodb"):
        assert (await bob.get(f"/api/v1/data/{store}")).json()["rows"] == []


REFUSED = {
    "store": ("mysql", 422, None),
    "collection": ("supabase?collection=users", 404, "unknown-name"),
    "schema": ("supabase?collection=pg_catalog.pg_authid", 404, "unknown-name"),
    "column": ("supabase?sort=owner", 400, "bad-look"),
    "filter": ("supabase?filter=id;drop table x:eq:1", 400, "bad-look"),
    "limit": ("supabase?limit=201", 422, "arguments-invalid"),
    "cursor": ("supabase?cursor=AAAA", 400, "bad-look"),
}


@pytest.mark.parametrize(("path", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_is_not_of_the_list_is_refused(
    ada: httpx2.AsyncClient, path: str, status: int, code: str | None
) -> None:
    answer = await ada.get(f"/api/v1/data/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
    assert code is None or answer.json()["code"] == code


async def test_scope_is_asked_for(database: Database, open_agent: Agent) -> None:
    token = await token_of(database, "ada@example.com", ("knowledge:read",))
    for path in ("", "/supabase", f"/supabase/documents/{UUID(int=0)}"):
        assert (await open_agent(token).get(f"/api/v1/data{path}")).status_code == 403
    assert (await open_agent("hearth_x").get("/api/v1/data")).status_code == 401


async def test_rag_does_what_the_tools_do(ada: httpx2.AsyncClient) -> None:
    added = await ada.post("/api/v1/rag/ingest/content", json={"text": "# Rivers\n\nThey flow."})
    assert added.json()["title"] == "Rivers"
    found = await ada.post("/api/v1/rag/search", json={"query": "rivers"})
    assert (found.status_code, found.json()["hits"]) == (200, [])
    assert (await ada.get("/api/v1/rag/sources")).json()["sources"] == []
    wrong = await ada.post("/api/v1/rag/search", json={"query": "rivers", "user_id": "1"})
    assert wrong.status_code == 422
