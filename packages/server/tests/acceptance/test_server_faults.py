"""What the running server does when something it needs is gone, full, slow or hostile.

Each fault is told by a status that names it, what does not need the lost thing goes on, and when it
is back everything does, without a restart.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import psutil
import psycopg
import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.postgres.pool import Database
from hearth_server.assembly.knowledge import assemble_worker
from hearth_server.settings.model import Settings
from hearth_server.testing.accounts import add_account
from hearth_server.testing.postgres import Urls, running_postgres

if TYPE_CHECKING:
    from conftest import Deployment

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]

SECRETS = ("hunter2", "theirownwords")
"""A password out of the settings, and what stands in a document: neither is anybody's to read."""


@asynccontextmanager
async def person(deployment: Deployment, urls: Urls) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a client with a token that may do everything; what is told at the end is no secret."""
    _, token = await add_account(urls.app, f"{uuid7().hex}@example.org")
    told: list[str] = []

    async def keep(response: httpx2.Response) -> None:
        if response.status_code >= 400:
            await response.aread()
            told.append(response.text)

    async with httpx2.AsyncClient(
        base_url=deployment.url,
        headers={"authorization": f"Bearer {token}"},
        timeout=30,
        event_hooks={"response": [keep]},
    ) as client:
        yield client
    log = deployment.log("serve")
    for secret in (*SECRETS, token):
        assert secret not in log
        assert secret not in "".join(told)
    assert "Traceback" not in log


async def call(client: httpx2.AsyncClient, tool: str, **arguments: object) -> httpx2.Response:
    return await client.post(f"/api/v1/tools/{tool}", json=arguments)


async def upload(client: httpx2.AsyncClient, data: bytes, name: str = "a.txt") -> httpx2.Response:
    return await client.post("/api/v1/documents", files={"files": (name, data)})


def code_of(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


async def down(client: httpx2.AsyncClient) -> set[str]:
    answer = await client.get("/health/ready")
    named = {each["name"] for each in answer.json()["dependencies"] if each["status"] == "down"}
    assert answer.status_code == (503 if named else 200)
    return named


async def again(ask: Callable[[], Any], *, seconds: float = 30) -> httpx2.Response:
    """Ask until it is done."""
    until = time.monotonic() + seconds
    while True:
        answer = await ask()
        if answer.status_code < 400 or time.monotonic() > until:
            assert answer.status_code < 400, answer.text
            return answer
        await asyncio.sleep(0.3)


def stored(deployment: Deployment) -> list[Path]:
    return [path for path in deployment.data.rglob("*") if path.is_file()]


async def test_stopped_database_is_named_and_comes_back(deployment: Deployment) -> None:
    with running_postgres() as postgres:
        urls = postgres.create()
        deployment.environment["HEARTH_DATABASE_URL"] = urls.app.reveal()
        deployment.serve()
        async with person(deployment, urls) as client:
            await call(client, "ingest_text", text="theirownwords")
            os.kill(postgres.pid(), signal.SIGINT)
            await asyncio.to_thread(psutil.Process(postgres.pid()).wait, 20)
            asked = await asyncio.gather(
                call(client, "list_documents"),
                client.get("/api/me"),
                client.post("/mcp/tools/list_documents", json={}),
                upload(client, b"theirownwords too"),
            )
            assert {code_of(each) for each in asked} == {(503, "postgres-down")}
            assert await down(client) == {"postgres", "schema", "vectors"}
            assert (await client.get("/health")).status_code == 200
            page = await client.get("/sign-in", headers={"accept": "text/html"})
            assert page.status_code == 200
            await asyncio.to_thread(postgres.server.ensure_postgres_running)
            listed = await again(lambda: call(client, "list_documents"))
            assert listed.json()["total"] == 1
            assert await down(client) == set()


async def test_lost_folder_is_named_and_comes_back(deployment: Deployment, urls: Urls) -> None:
    deployment.serve()
    async with person(deployment, urls) as client:
        made = (await upload(client, b"theirownwords")).json()["documents"][0]
        hidden = deployment.data.with_name("hidden")
        deployment.data.rename(hidden)
        deployment.data.write_text("no folder")
        assert code_of(await upload(client, b"theirownwords too")) == (503, "objects-down")
        original = await client.get(f"/api/v1/documents/{made['id']}/original")
        assert code_of(original) == (503, "objects-down")
        assert await down(client) == {"objects"}
        assert (await call(client, "list_documents")).json()["total"] == 1
        assert (await call(client, "search_knowledge_base", query="words")).status_code == 200
        deployment.data.unlink()
        hidden.rename(deployment.data)
        assert (await upload(client, b"theirownwords too")).status_code == 201
        assert await down(client) == set()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        # The database has the vectors, too, and finds them more slowly.
        (
            {
                "HEARTH_VECTORS": "qdrant",
                "HEARTH_QDRANT_URL": "http://127.0.0.1:{port}",
                "HEARTH_QDRANT_API_KEY": "hunter2",
            },
            "vectors",
        ),
        (
            {
                "HEARTH_VECTORS": "mongodb",
                "HEARTH_MONGODB_URL": "mongodb://127.0.0.1:{port}/",
                "HEARTH_MONGODB_USER": "hearth",
                "HEARTH_MONGODB_PASSWORD": "hunter2",
            },
            "vectors",
        ),
        (
            {
                "HEARTH_GRAPH": "neo4j",
                "HEARTH_NEO4J_URL": "bolt://127.0.0.1:{port}",
                "HEARTH_NEO4J_PASSWORD": "hunter2",
            },
            "graph",
        ),
    ],
    ids=["qdrant", "mongodb", "neo4j"],
)
async def test_lost_store_is_named_and_the_rest_works(
    deployment: Deployment, urls: Urls, settings: dict[str, str], named: str
) -> None:
    port = free_port()
    deployment.environment |= {key: each.format(port=port) for key, each in settings.items()}
    deployment.start("serve")
    async with person(deployment, urls) as client:
        await listening(client)
        await call(client, "ingest_text", text="theirownwords")
        await read_all(deployment, urls)
        thing = await call(client, "add_thing", label="person", name="Ada")
        if named == "graph":
            assert code_of(thing) == (503, "graph-down")
        else:
            assert thing.status_code == 200
        assert await down(client) == {named}
        found = await call(client, "search_knowledge_base", query="theirownwords")
        assert [each["text"] for each in found.json()["hits"]] == ["theirownwords"]
        assert (await call(client, "list_documents")).json()["total"] == 1


async def test_lost_pgvector_is_named_and_comes_back(deployment: Deployment, urls: Urls) -> None:
    """As after a database was moved to a server, or an image, that does not have it."""
    deployment.serve()
    async with person(deployment, urls) as client:
        with psycopg.connect(urls.admin.reveal(), autocommit=True) as connection:
            connection.execute("create schema elsewhere")
            connection.execute("alter extension vector set schema elsewhere")
            assert await down(client) == {"vectors"}
            assert (await call(client, "list_documents")).status_code == 200
            connection.execute("alter extension vector set schema public")
        assert await down(client) == set()


async def test_lost_language_model_is_named_and_comes_back(
    deployment: Deployment, urls: Urls
) -> None:
    port = free_port()
    deployment.environment |= {
        "HEARTH_LLM_URL": f"http://127.0.0.1:{port}/v1",
        "HEARTH_LLM_API_KEY": "hunter2",
    }
    deployment.serve()
    async with person(deployment, urls) as client:
        await call(client, "ingest_text", text="theirownwords are about the river")
        await read_all(deployment, urls)
        lost = (await call(client, "agent_query", query="river")).json()
        assert f"`http://127.0.0.1:{port}/v1/models` does not answer" in lost["note"]
        assert len(lost["sources"]) == 1
        with language_model(port):
            found = (await call(client, "agent_query", query="river")).json()
        assert found["model"] == "tiny"
        assert found["text"].startswith("The words are about the river")


async def read_all(deployment: Deployment, urls: Urls) -> None:
    """Have every queued document read, as a worker does."""
    settings = Settings(database_url=urls.app, data_dir=deployment.data)
    database = Database(urls.app)
    await database.open()
    ingester = assemble_worker(settings, database).ingester
    with psycopg.connect(urls.admin.reveal()) as connection:
        queued = connection.execute("select owner, id from knowledge.documents").fetchall()
    for owner, document_id in queued:
        await ingester.ingest(owner, document_id)
    await database.close()


@contextmanager
def language_model(port: int) -> Iterator[None]:
    """Answer as an OpenAI-compatible service of one model does, whatever it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer({"data": [{"id": "tiny"}]})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            message = {"role": "assistant", "content": "The words are about the river [1]."}
            self.answer({"choices": [{"message": message, "finish_reason": "stop"}]})

        def answer(self, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_full_disk_is_named_and_leaves_nothing(deployment: Deployment, urls: Urls) -> None:
    process = psutil.Process(deployment.serve().pid)
    async with person(deployment, urls) as client:
        # No process may write a file of more than so much: the same error as of a full disk.
        unlimited = process.rlimit(resource.RLIMIT_FSIZE)
        process.rlimit(resource.RLIMIT_FSIZE, (2_000_000, unlimited[1]))
        refused = await upload(client, b"theirownwords " * 300_000)
        assert code_of(refused) == (503, "objects-down")
        assert stored(deployment) == []
        assert (await call(client, "list_documents")).json()["total"] == 0
        assert (await upload(client, b"theirownwords")).status_code == 201
        process.rlimit(resource.RLIMIT_FSIZE, unlimited)
        assert (await upload(client, b"theirownwords " * 300_000)).status_code == 201


def free_port() -> int:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return int(closed.getsockname()[1])


async def listening(client: httpx2.AsyncClient) -> None:
    for _ in range(200):
        try:
            await client.get("/health")
        except httpx2.ConnectError:
            await asyncio.sleep(0.1)
        else:
            return
