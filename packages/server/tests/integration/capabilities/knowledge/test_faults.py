"""What goes wrong while a document is taken in: the state that is seen, and nothing is lost."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hearth_kit.errors import UnavailableError
from hearth_server.adapters.builtin.embedder import BuiltinEmbedder
from hearth_server.adapters.openai.embedder import OpenAIEmbedder
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.runs import PostgresRuns
from hearth_server.adapters.readers.reader import ProcessReader
from hearth_server.assembly.knowledge import Knowledge, assemble_knowledge
from hearth_server.capabilities.knowledge.ingest import Ingester, Workspace
from hearth_server.capabilities.knowledge.model import Document, Status
from hearth_server.capabilities.knowledge.ports import Embedder
from hearth_server.principal import Principal
from hearth_server.settings.model import Settings
from hearth_server.testing.long_files import write_long_pdf
from hearth_server.testing.postgres import Urls
from hearth_server.testing.principals import make_principal

pytestmark = pytest.mark.integration

ADA, BOB = make_principal(name="ada"), make_principal(name="bob")


@dataclass(slots=True)
class World:
    """A person's knowledge, and a worker's hands without its queue."""

    knowledge: Knowledge
    database: Database

    def ingester(self, embedder: Embedder | None = None, **more: Any) -> Ingester:
        return Ingester(
            PostgresRuns(self.database),
            self.knowledge.objects,
            ProcessReader(),
            embedder or BuiltinEmbedder(),
            **more,
        )

    async def upload(self, name: str, data: bytes, who: Principal = ADA) -> Document:
        async def whole() -> AsyncIterator[bytes]:
            yield data

        return await self.knowledge.uploads.receive(
            who, filename=name, content_type="", chunks=whole()
        )

    async def state(self, document: Document) -> Document:
        return await self.knowledge.tools.get_document(ADA, document_id=document.id)

    async def hits(self, query: str, who: Principal = ADA, count: int = 10) -> list[Any]:
        found = await self.knowledge.tools.search_knowledge_base(
            who, query=query, match_count=count, search_type="text"
        )
        return list(found.hits)


@pytest.fixture
def world(urls: Urls, database: Database, tmp_path: Path) -> World:
    settings = Settings(database_url=urls.app, data_dir=tmp_path, upload_limit=50_000_000)
    return World(assemble_knowledge(settings, database), database)


async def test_ten_thousand_pages_are_taken_in_and_cited(world: World) -> None:
    file = io.BytesIO()
    write_long_pdf(file, ([f"Page {n} tells of the river r{n}x."] for n in range(1, 10_001)))
    document = await world.upload("long.pdf", file.getvalue())
    await world.ingester().ingest(ADA.user_id, document.id)
    state = await world.state(document)
    assert (state.status, state.pages, state.passages) == (Status.READY, 10_000, 10_000)
    (hit,) = await world.hits("r9876x")
    assert hit.citation.page == 9_876


SLOW_SECONDS = 4.0


class Model(BaseHTTPRequestHandler):
    """An embedding service that is as well as `mood` says."""

    mood = "well"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        texts = asked["input"]
        rows = [{"index": n, "embedding": [1.0, float(n + 1)]} for n, _ in enumerate(texts)]
        is_probe = texts == ["dimension"]
        if self.mood == "slow" and not is_probe:
            threading.Event().wait(SLOW_SECONDS)
        if self.mood == "short" and not is_probe:
            rows = rows[1:]
        if self.mood == "other" and not is_probe:
            rows = [{**row, "embedding": [1.0]} for row in rows]
        if self.mood == "endless" and not is_probe:
            rows = [{**row, "embedding": [float("inf"), 0.0]} for row in rows]
        body = b"{" if self.mood == "babble" else json.dumps({"data": rows}).encode()
        self.send_response(500 if self.mood == "broken" else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serving() -> Iterator[str]:
    service = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=service.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{service.server_port}"
    finally:
        Model.mood = "well"
        service.shutdown()
        service.server_close()
        thread.join()


async def no_pause(_: float) -> None:
    return


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        ("slow", "does not answer"),
        ("short", "gave 1 vectors for 2 texts"),
        ("other", "gave 1 numbers a text, expected 2"),
        ("endless", "gave numbers that are not finite"),
        ("babble", "gave an answer that is no list of vectors"),
        ("broken", "is busy or broken (status 500)"),
    ],
)
async def test_model_that_fails_is_named_and_waited_for(
    world: World, mood: str, reason: str
) -> None:
    document = await world.upload("a.md", b"# One\n\nThe Danube.\n\n# Two\n\nThe Rhine.")
    with serving() as url:
        embedder = OpenAIEmbedder(url, model="m", timeout_seconds=2, sleep=no_pause)
        await embedder.info()
        Model.mood = mood
        with pytest.raises(UnavailableError):
            await world.ingester(embedder).ingest(ADA.user_id, document.id, last_chance=False)
        waiting = await world.state(document)
        assert (waiting.status, waiting.passages) == (Status.QUEUED, 0)
        assert waiting.reason.endswith(reason)
        assert await world.hits("danube") == []
        Model.mood = "well"
        await world.ingester(embedder).ingest(ADA.user_id, document.id)
        await embedder.close()
    ready = await world.state(document)
    assert (ready.status, ready.reason, ready.passages) == (Status.READY, "", 2)
    assert len(await world.hits("danube")) == 1


async def test_model_that_is_gone_for_good_fails_the_document_with_the_reason(world: World) -> None:
    document = await world.upload("a.md", b"The Danube.")
    with serving() as url:
        embedder = OpenAIEmbedder(url, model="m", sleep=no_pause)
    await world.ingester(embedder).ingest(ADA.user_id, document.id, last_chance=True)
    await embedder.close()
    state = await world.state(document)
    assert (state.status, state.reason) == (
        Status.FAILED,
        f"embedder: `{url}/v1/embeddings` does not answer",
    )
    await world.knowledge.tools.retry_document(ADA, document_id=document.id)
    await world.ingester().ingest(ADA.user_id, document.id)
    assert (await world.state(document)).status is Status.READY


@contextmanager
def full_disk() -> Iterator[str]:
    """Give a folder in which the one file that is written meets a device without space."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "original").symlink_to("/dev/full")
        yield folder


def no_folder() -> AbstractContextManager[str]:
    """Fail as a file system does that has no room for a folder either."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("workspace", [full_disk, no_folder])
async def test_full_disk_of_the_worker_is_named_and_waited_for(
    world: World, workspace: Workspace
) -> None:
    document = await world.upload("a.md", b"The Danube is long.")
    hindered = world.ingester(workspace=workspace)
    with pytest.raises(UnavailableError):
        await hindered.ingest(ADA.user_id, document.id, last_chance=False)
    waiting = await world.state(document)
    assert (waiting.status, waiting.reason) == (
        Status.QUEUED,
        "worker: its own copy of the file cannot be written: No space left on device",
    )
    await world.ingester().ingest(ADA.user_id, document.id)
    assert (await world.state(document)).status is Status.READY
    assert len(await world.hits("danube")) == 1


async def test_same_file_at_once_is_one_document_a_person(world: World, tmp_path: Path) -> None:
    data = b"The Danube is long.\n\n" * 5_000
    given = await asyncio.gather(
        *(world.upload(f"{n}.txt", data, who) for n in range(8) for who in (ADA, BOB))
    )
    ids = {who: {each.id for each in given[place::2]} for place, who in enumerate(("ada", "bob"))}
    assert [len(each) for each in ids.values()] == [1, 1]
    assert ids["ada"].isdisjoint(ids["bob"])
    kept = [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert [path.read_bytes() == data for path in kept] == [True, True]
    for who in (ADA, BOB):
        (document,) = (await world.knowledge.tools.list_documents(who)).documents
        await world.ingester().ingest(who.user_id, document.id)
        assert {hit.citation.document_id for hit in await world.hits("danube", who)} == {
            document.id
        }


def version(number: int) -> bytes:
    """Give a text of so many passages that each name the version."""
    sections = (f"# Part {n}\n\nThe Danube as of v{number}z." for n in range(12))
    return "\n\n".join(sections).encode()


async def test_search_while_a_document_is_replaced_sees_the_old_or_the_new(
    world: World, database: Database
) -> None:
    document = await world.upload("a.md", version(0))
    key = await world.knowledge.documents.find_original(ADA.user_id, document.id)
    ingester = world.ingester()
    await ingester.ingest(ADA.user_id, document.id)
    seen: list[frozenset[str]] = []
    is_over = asyncio.Event()

    async def look() -> None:
        while not is_over.is_set():
            hits = await world.hits("danube", count=100)
            assert len(hits) == 12
            seen.append(frozenset(hit.text.rsplit(" ", 1)[1] for hit in hits))

    async def replace(number: int) -> None:
        async def whole() -> AsyncIterator[bytes]:
            yield version(number)

        await world.knowledge.objects.put(key, whole())
        await world.knowledge.tools.retry_document(ADA, document_id=document.id)
        await ingester.ingest(ADA.user_id, document.id)

    looking = [asyncio.create_task(look()) for _ in range(3)]
    for number in range(1, 7):
        await replace(number)
    is_over.set()
    await asyncio.gather(*looking)
    assert {len(each) for each in seen} == {1}
    assert len(set(seen)) > 1
