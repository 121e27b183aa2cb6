"""`GET /api/v1/health/stack` as a program meets it: a real list, real sockets, real tokens."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

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
from hearth_server.settings.model import Settings
from hearth_server.testing.identity import LATER, NOW
from hearth_server.testing.postgres import Urls

pytestmark = pytest.mark.integration

ROUTE = "/api/v1/health/stack"


async def token_of(database: Database, *scopes: str) -> str:
    person = await PostgresAdmissions(database).admit(
        "ada@example.com", is_service=False, is_admin=False, new_id=uuid7(), now=NOW
    )
    secret = make_token(uuid4().bytes * 2)
    token = ApiToken(
        id=uuid7(), name=f"t{uuid7()}", scopes=scopes, created_at=NOW,
        expires_at=SystemClock().now() + (LATER - NOW), last_used_at=None, groups=None,
    )  # fmt: skip
    await PostgresTokens(database).add_token(person.id, token, digest=digest(secret.reveal()))
    return secret.reveal()


@asynccontextmanager
async def served(
    urls: Urls, database: Database, path: Path, token: str
) -> AsyncIterator[httpx2.AsyncClient]:
    settings = Settings(database_url=urls.app, data_dir=path.parent, stack_path=path)
    app = build_app(build_parts(settings, database, stopping=asyncio.Event()))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app),
        base_url="http://127.0.0.1:8000",
        headers={"authorization": f"Bearer {token}"} if token else {},
    ) as client:
        yield client


def line(name: str, probe: object, reason: str = "") -> dict[str, Any]:
    return {"name": name, "title": name.title(), "probe": probe, "reason": reason}


async def test_services_are_told_as_they_are_now(
    urls: Urls, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "stack.json"
    with socket.socket() as listener, socket.socket() as deaf:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        deaf.bind(("127.0.0.1", 0))
        listed = [
            line("postgres", {"tcp": ["127.0.0.1", listener.getsockname()[1]]}),
            line("qdrant", {"http": f"http://127.0.0.1:{deaf.getsockname()[1]}/"}),
            line("n8n", None, "not reachable from here by design"),
        ]
        async with served(urls, database, path, await token_of(database, "stack:read")) as ada:
            before = (await ada.get(ROUTE)).json()
            path.write_text(json.dumps({"services": listed}))
            answer = await ada.get(ROUTE)
    assert before["services"] == []
    assert before["note"] == "no list of services was given to this server"
    assert answer.status_code == 200
    found = answer.json()
    assert found["note"] == ""
    assert [(each["name"], each["state"], each["detail"]) for each in found["services"]] == [
        ("postgres", "up", "accepts connections"),
        ("qdrant", "down", "refuses connections"),
        ("n8n", "unknown", "not reachable from here by design"),
    ]
    assert set(found["services"][0]) == {
        "name", "title", "state", "detail", "milliseconds", "checked_at",
    }  # fmt: skip
    assert "127.0.0.1" not in answer.text


async def test_page_puts_first_what_is_down_and_start_page_asks_nobody(
    urls: Urls, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "stack.json"
    path.write_text("{}")
    token = await token_of(database, "stack:read", "knowledge:read")
    with socket.socket() as listener, socket.socket() as deaf:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        deaf.bind(("127.0.0.1", 0))
        listed = [
            line("postgres", {"tcp": ["127.0.0.1", listener.getsockname()[1]]}),
            line("n8n", None, "not reachable from here by design"),
            line("<b>qdrant", {"tcp": ["127.0.0.1", deaf.getsockname()[1]]}),
        ]
        async with served(urls, database, path, token) as ada:
            broken = (await ada.get("/services")).text
            path.write_text(json.dumps({"services": listed}))
            home = (await ada.get("/")).text
            with pytest.raises(BlockingIOError):
                listener.accept()
            page = (await ada.get("/services")).text
            fetched = (await ada.get("/services/list")).text
    assert "Nothing can be told: the list of services cannot be read." in broken
    assert '<div data-fetch="/services/list"><p><a href="/services">' in home
    assert fetched in page
    assert "1 down, 1 up, 1 not asked from here." in fetched
    told = [fetched.index(each) for each in ("&lt;B&gt;Qdrant", "Postgres", "N8N")]
    assert told == sorted(told)
    assert "refuses connections" in fetched
    assert "127.0.0.1" not in fetched


async def test_only_who_holds_the_scope_is_told(
    urls: Urls, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "stack.json"
    without = await token_of(database, "knowledge:read")
    for token, status in (("", 401), (without, 403)):
        async with served(urls, database, path, token) as client:
            assert (await client.get(ROUTE)).status_code == status
