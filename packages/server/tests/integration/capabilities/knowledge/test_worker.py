"""The whole way on real parts: files, worker, PostgreSQL; and what happens when one dies."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from hearth_kit.errors import UnavailableError
from hearth_kit.secret import Secret
from hearth_server.adapters.builtin.embedder import BuiltinEmbedder
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.runs import PostgresRuns
from hearth_server.adapters.qdrant import vectors as qdrant
from hearth_server.adapters.qdrant.vectors import QdrantVectors
from hearth_server.adapters.readers.reader import ProcessReader
from hearth_server.assembly import knowledge as assembly
from hearth_server.assembly.knowledge import Knowledge, assemble_knowledge
from hearth_server.capabilities.knowledge.ingest import Ingester
from hearth_server.capabilities.knowledge.model import Document, EmbedderInfo, Stage, Status
from hearth_server.capabilities.knowledge.refresh_tools import Refreshed, RefreshTools
from hearth_server.capabilities.knowledge.search import Question, Searcher
from hearth_server.heartbeat import is_alive
from hearth_server.main import main
from hearth_server.principal import Principal
from hearth_server.settings.model import Settings, VectorsKind
from hearth_server.testing.files import HTML, MARKDOWN, NON_LATIN, make_docx, make_pdf
from hearth_server.testing.postgres import Urls, running_postgres
from hearth_server.testing.principals import make_principal
from hearth_server.worker import Pace, work_until
from qdrant_client import AsyncQdrantClient

pytestmark = pytest.mark.integration

ADA, BOB = make_principal(name="ada"), make_principal(name="bob")
QUICK = Pace(heartbeat=0.3, stalled=2.0, rescue=0.3, grace=5.0, reconnect=0.3)
ENDED = (Status.READY, Status.FAILED, Status.CANCELLED)


@pytest.fixture
def settings(urls: Urls, tmp_path: Path) -> Settings:
    return Settings(database_url=urls.app, data_dir=tmp_path, upload_limit=50_000_000)


@pytest.fixture
def knowledge(settings: Settings, database: Database) -> Knowledge:
    return assemble_knowledge(settings, database)


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(work_until(stop, settings, pace=QUICK))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 65_536):
        yield data[start : start + 65_536]


async def upload(knowledge: Knowledge, name: str, data: bytes, who=ADA) -> Document:
    return await knowledge.uploads.receive(who, filename=name, content_type="", chunks=chunks(data))


async def until(
    knowledge: Knowledge,
    document_id: UUID,
    wanted: Callable[[Document], bool],
    seconds: float = 30,
    who=ADA,
) -> Document:
    async with asyncio.timeout(seconds):
        while True:
            document = await knowledge.tools.get_document(who, document_id=document_id)
            if wanted(document):
                return document
            await asyncio.sleep(0.02)


async def eventually(check: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not check():  # noqa: ASYNC110  another process changes it
            await asyncio.sleep(0.05)


async def ended(knowledge: Knowledge, document: Document, who=ADA) -> Document:
    return await until(knowledge, document.id, lambda each: each.status in ENDED, who=who)


FILES = {
    "atlas.pdf": make_pdf([["Nothing here."], ["The Danube flows through ten countries."]]),
    "atlas.docx": make_docx(),
    "atlas.html": HTML.encode(),
    "atlas.md": MARKDOWN.encode(),
    "atlas.txt": f"The Danube flows through ten countries.\n\n{NON_LATIN}".encode("utf-16"),
}


async def test_each_kind_is_found(settings: Settings, knowledge: Knowledge) -> None:
    async with working(settings):
        documents = [await upload(knowledge, name, data) for name, data in FILES.items()]
        states = [await ended(knowledge, document) for document in documents]
    assert [(state.status, state.reason) for state in states] == [(Status.READY, "")] * 5
    found = await knowledge.tools.search_knowledge_base(
        ADA, query="danube countries", match_count=5
    )
    assert {hit.citation.title for hit in found.hits} == set(FILES)
    pages = {hit.citation.title: hit.citation.page for hit in found.hits}
    assert pages["atlas.pdf"] == 2
    headings = {hit.citation.title: hit.citation.headings for hit in found.hits}
    assert headings["atlas.docx"] == ("Handbook", "Rivers")
    assert headings["atlas.html"] == headings["atlas.md"] == ("Atlas", "Rivers")
    assert (await knowledge.tools.search_knowledge_base(BOB, query="danube")).hits == ()


@pytest.mark.parametrize("query", ["Москва река", "東京都", "fluss", "नदी"])
async def test_other_scripts_are_found(
    settings: Settings, knowledge: Knowledge, query: str
) -> None:
    async with working(settings):
        await ended(knowledge, await upload(knowledge, "a.md", MARKDOWN.encode()))
    found = await knowledge.tools.search_knowledge_base(ADA, query=query, search_type="text")
    assert found.hits[0].text == NON_LATIN
    assert found.hits[0].highlights


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", b"%PDF-1.7\n\xff\xff",
         "file `a.pdf`: is not a PDF that can be read; it is damaged"),
        ("a.pdf", make_pdf([["x"]], password="p"), "file `a.pdf`: is protected by a password"),
        ("a.pdf", make_pdf([[], []]),
         "document `a.pdf`: there is no text in it; a scan needs text recognition"),
        ("a.docx", b"PK\x03\x04 broken", "file `a.docx`: is not a Word document that can be read"),
        ("a.txt", b" \n \n",
         "document `a.txt`: there is no text in it; a scan needs text recognition"),
    ],
    ids=["corrupt", "locked", "scan", "broken-docx", "blank"],
)  # fmt: skip
async def test_bad_file_says_why(
    settings: Settings, knowledge: Knowledge, name: str, data: bytes, reason: str
) -> None:
    async with working(settings):
        state = await ended(knowledge, await upload(knowledge, name, data))
    assert (state.status, state.reason, state.passages) == (Status.FAILED, reason, 0)


async def test_huge_upload_fails_alone(
    settings: Settings, database: Database, knowledge: Knowledge
) -> None:
    """200 MB of text come in as a stream, are refused with a reason, and the worker goes on."""

    async def stream() -> AsyncIterator[bytes]:
        block = b"The Danube is long.\n\n" * 50_000
        for _ in range(200):
            yield block

    roomy = replace(settings, upload_limit=512 * 1024 * 1024)
    uploads = assemble_knowledge(roomy, database).uploads
    async with working(settings):
        document = await uploads.receive(ADA, filename="huge.txt", content_type="", chunks=stream())
        other = await ended(knowledge, await upload(knowledge, "b.md", b"word"))
        state = await ended(knowledge, document)
    assert document.size_bytes == 200 * 50_000 * 21
    assert (other.status, state.status) == (Status.READY, Status.FAILED)
    assert state.reason == "file `huge.txt`: has more than 300000 paragraphs"


async def test_delete_removes_original(
    settings: Settings, knowledge: Knowledge, tmp_path: Path
) -> None:
    def originals() -> list[Path]:
        return [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]

    async with working(settings):
        document = await ended(knowledge, await upload(knowledge, "a.md", b"word"))
        assert len(originals()) == 1
        await knowledge.tools.delete_document(ADA, document_id=document.id)
        await eventually(lambda: not originals())
    assert (await knowledge.tools.list_documents(ADA)).total == 0


async def test_cancel_stops_worker(settings: Settings, knowledge: Knowledge) -> None:
    async with working(settings):
        document = await upload(knowledge, "big.txt", big_text(2_000_000))
        await until(knowledge, document.id, lambda each: each.status is Status.RUNNING)
        await knowledge.tools.cancel_document(ADA, document_id=document.id)
        other = await ended(knowledge, await upload(knowledge, "b.md", b"word"))
    state = await knowledge.tools.get_document(ADA, document_id=document.id)
    assert other.status is Status.READY
    assert (state.status, state.passages) == (Status.CANCELLED, 0)


def big_text(size: int) -> bytes:
    lines = (
        f"Passage {n} tells of river {n * 7919 % 10_007} and of hill {n}." for n in range(size)
    )
    text = []
    length = 0
    for line in lines:
        text.append(line)
        length += len(line) + 2
        if length > size:
            break
    return "\n\n".join(text).encode()


WORKER = textwrap.dedent(
    """
    import asyncio, sys
    from pathlib import Path
    from hearth_kit.secret import Secret
    from hearth_server.settings.model import Settings
    from hearth_server.worker import Pace, run_worker
    settings = Settings(database_url=Secret(sys.argv[1]), data_dir=Path(sys.argv[2]))
    pace = Pace(heartbeat=0.3, stalled=2.0, rescue=0.3, grace=float(sys.argv[3]), reconnect=0.3)
    asyncio.run(run_worker(settings, pace=pace))
    """
)


async def start_worker(settings: Settings, *, grace: float = 5.0) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WORKER,
        settings.database_url.reveal(),
        str(settings.data_dir),
        str(grace),
        stderr=asyncio.subprocess.DEVNULL,
    )


def count_rows(urls: Urls) -> tuple[int, int, int]:
    with psycopg.connect(urls.admin.reveal()) as connection:
        row = connection.execute(
            "select (select count(*) from knowledge.passages),"
            " (select count(*) from knowledge.embeddings),"
            " (select count(distinct ordinal) from knowledge.passages)"
        ).fetchone()
    assert row is not None
    return row


DYING = textwrap.dedent(
    """
    import asyncio, os, signal, sys
    from pathlib import Path
    from hearth_kit.secret import Secret
    from hearth_server.adapters.postgres import runs
    from hearth_server.settings.model import Settings
    from hearth_server.worker import Pace, run_worker
    settings = Settings(database_url=Secret(sys.argv[1]), data_dir=Path(sys.argv[2]))
    pace = Pace(heartbeat=0.3, stalled=2.0, rescue=0.3, grace=1.0, reconnect=0.3)
    write = runs.PostgresRuns.progress
    store = runs.PostgresRuns._insert_postings

    async def progress(self, run, stage, *, done=0, total=0):
        await write(self, run, stage, done=done, total=total)
        if stage.value == sys.argv[3]:
            os.kill(os.getpid(), signal.SIGKILL)

    async def insert(self, connection, run, postings):
        await store(self, connection, run, postings)
        if sys.argv[3] == "within":
            os.kill(os.getpid(), signal.SIGKILL)

    begin = runs.PostgresRuns.start

    async def start(self, owner, document_id):
        run = await begin(self, owner, document_id)
        if sys.argv[3] == "reading":
            os.kill(os.getpid(), signal.SIGKILL)
        return run

    runs.PostgresRuns.start = start
    runs.PostgresRuns.progress = progress
    runs.PostgresRuns._insert_postings = insert
    asyncio.run(run_worker(settings, pace=pace))
    """
)


@pytest.mark.parametrize(
    "step", ["reading", "converting", "splitting", "embedding", "storing", "within"]
)
async def test_worker_killed_at_each_step_loses_and_doubles_nothing(
    settings: Settings, knowledge: Knowledge, urls: Urls, step: str
) -> None:
    """`within` dies in the last transaction, when every passage is written and none committed."""
    document = await upload(knowledge, "big.txt", big_text(20_000))
    dying = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        DYING,
        settings.database_url.reveal(),
        str(settings.data_dir),
        step,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await asyncio.wait_for(dying.wait(), 30) == -signal.SIGKILL
    assert count_rows(urls) == (0, 0, 0)
    async with working(settings):
        state = await ended(knowledge, document)
    assert (state.status, state.attempts) == (Status.READY, 2)
    assert count_rows(urls) == (state.passages,) * 3


class OtherEmbedder(BuiltinEmbedder):
    """The builtin one under another name: its vectors may not be compared with the first's."""

    async def info(self) -> EmbedderInfo:
        return replace(await super().info(), name="other")


async def test_change_of_embedder_is_caught_up_while_search_goes_on(
    settings: Settings, database: Database, knowledge: Knowledge
) -> None:
    other = OtherEmbedder()
    refresh = RefreshTools(knowledge.documents, other)
    async with working(settings):
        first = await ended(knowledge, await upload(knowledge, "a.md", b"The Danube is long."))
        await ended(knowledge, await upload(knowledge, "b.md", b"The Rhine is short."))
    assert (await refresh.refresh_documents(BOB)).documents == 0
    assert await refresh.refresh_documents(ADA) == Refreshed(embedder="other", documents=2)
    found = await knowledge.tools.search_knowledge_base(ADA, query="danube", search_type="text")
    assert [hit.citation.document_id for hit in found.hits] == [first.id]
    assert (await refresh.refresh_documents(ADA)).documents == 0
    ingester = Ingester(PostgresRuns(database), knowledge.objects, ProcessReader(), other)
    for document in (await knowledge.tools.list_documents(ADA)).documents:
        await ingester.ingest(ADA.user_id, document.id)
    assert (await refresh.refresh_documents(ADA)).documents == 0
    searcher = Searcher(knowledge.passages, other)
    question = Question(query="danube", search_type="vector")
    hits = (await searcher.search(ADA.user_id, question)).hits
    assert hits[0].citation.document_id == first.id


async def test_worker_that_starts_with_another_embedder_embeds_everybodys_documents_anew(
    settings: Settings, database: Database, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to ask for it; and once that is done, a start queues nothing."""
    async with working(settings):
        hers = await ended(knowledge, await upload(knowledge, "a.md", b"The Danube is long."))
        his = await ended(knowledge, await upload(knowledge, "b.md", b"The Rhine.", who=BOB), BOB)
    monkeypatch.setattr(assembly, "make_embedder", lambda _: OtherEmbedder())
    other = await OtherEmbedder().info()
    async with working(settings):
        for owner, document in ((ADA, hers), (BOB, his)):
            await until(
                knowledge,
                document.id,
                lambda each, before=document: (
                    each.status is Status.READY and each.updated_at > before.updated_at
                ),
                who=owner,
            )
    for owner in (ADA, BOB):
        assert await knowledge.documents.list_outdated(owner.user_id, other) == []
    assert await assembly.assemble_worker(settings, database).catch_up() == 0


async def test_everything_is_taken_in_anew_and_wrong_words_are_mended(
    settings: Settings, knowledge: Knowledge, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command for everybody, and by the tool for oneself."""

    async def found(who: Principal) -> int:
        asked = {"query": "rivers", "search_type": "text"}
        return len((await knowledge.tools.search_knowledge_base(who, **asked)).hits)

    refresh = RefreshTools(knowledge.documents, knowledge.embedder)
    monkeypatch.setenv("HEARTH_DATABASE_URL", settings.database_url.reveal())
    monkeypatch.setenv("HEARTH_DATA_DIR", str(settings.data_dir))
    for number, (queue, mended) in enumerate(
        [
            (lambda: asyncio.to_thread(main, ["refresh"]), {ADA: 1, BOB: 1}),
            (lambda: refresh.refresh_documents(ADA, everything=True), {ADA: 2, BOB: 0}),
        ]
    ):
        text = f"The river is the longest of the {number} that were on the map.".encode()
        async with working(settings):
            for who in (ADA, BOB):
                await ended(knowledge, await upload(knowledge, "a.md", text, who=who), who)
        with psycopg.connect(urls.admin.reveal()) as connection:
            connection.execute(
                "update knowledge.postings set word = 'en:rive' where word = 'en:river'"
            )
            connection.execute("update knowledge.documents set edition = edition + 1000")
        assert (await found(ADA), await found(BOB)) == (0, 0)
        await queue()
        async with working(settings):
            for who in mended:
                for document in (await knowledge.tools.list_documents(who)).documents:
                    await ended(knowledge, document, who)
        assert {who: await found(who) for who in mended} == mended


async def test_embedding_anew_waits_for_everything_else(
    settings: Settings, database: Database, knowledge: Knowledge, urls: Urls
) -> None:
    async with working(settings):
        await ended(knowledge, await upload(knowledge, "a.md", b"The Danube is long."))
    assert await RefreshTools(knowledge.documents, OtherEmbedder()).refresh_documents(ADA) == (
        Refreshed(embedder="other", documents=1)
    )
    new = await upload(knowledge, "new.md", b"The Rhine is short.")
    with psycopg.connect(urls.admin.reveal()) as connection:
        jobs = connection.execute(
            "select args ->> 'document_id', priority from procrastinate_jobs order by priority desc"
        ).fetchall()
    assert [priority for _, priority in jobs] == [0, -10]
    assert jobs[0][0] == str(new.id)


async def test_nobody_learns_of_others_documents_by_themselves(
    settings: Settings, database: Database, knowledge: Knowledge
) -> None:
    """What the worker's function may see, its caller may not: the switch alone gives nothing."""
    async with working(settings):
        await ended(knowledge, await upload(knowledge, "a.md", b"The Danube is long."))
    for who in (database.as_nobody(), database.as_user(BOB.user_id)):
        async with who as connection:
            await connection.execute("select set_config('hearth.catching_up', 'on', true)")
            rows = await connection.execute("select id from knowledge.documents")
            assert await rows.fetchall() == []
            rows = await connection.execute("select document_id from knowledge.codes")
            assert await rows.fetchall() == []


async def test_killed_worker_loses_nothing(
    settings: Settings, knowledge: Knowledge, urls: Urls
) -> None:
    document = await upload(knowledge, "big.txt", big_text(1_500_000))
    first = await start_worker(settings)
    await until(knowledge, document.id, lambda each: each.stage is Stage.EMBEDDING)
    first.send_signal(signal.SIGKILL)
    await first.wait()
    assert count_rows(urls) == (0, 0, 0)
    second = await start_worker(settings)
    try:
        state = await ended(knowledge, document)
    finally:
        second.terminate()
        await asyncio.wait_for(second.wait(), 20)
    assert (state.status, state.attempts) == (Status.READY, 2)
    assert count_rows(urls) == (state.passages,) * 3
    assert second.returncode == 0


async def test_stopped_worker_gives_back(
    settings: Settings, knowledge: Knowledge, urls: Urls
) -> None:
    """A worker told to stop in the middle puts the job back, and ends in time."""
    document = await upload(knowledge, "big.txt", big_text(1_500_000))
    first = await start_worker(settings, grace=0.1)
    await until(knowledge, document.id, lambda each: each.stage is Stage.EMBEDDING)
    first.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(first.wait(), 10) == 0
    with psycopg.connect(urls.admin.reveal()) as connection:
        statuses = connection.execute("select status from procrastinate_jobs").fetchall()
    assert statuses == [("todo",)]
    async with working(settings):
        state = await ended(knowledge, document)
    assert (state.status, state.attempts) == (Status.READY, 2)
    assert count_rows(urls) == (state.passages,) * 3


async def test_heartbeat_tells_of_life(settings: Settings, urls: Urls) -> None:
    assert not is_alive(urls.app)
    async with working(settings):
        await eventually(lambda: is_alive(urls.app))
    assert not is_alive(urls.app)


class WatchedIndex(QdrantVectors):
    """An index of the client's own, in the process, that knows whether it was left."""

    def __init__(self) -> None:
        super().__init__(AsyncQdrantClient(":memory:"))
        self.is_open = True

    async def close(self) -> None:
        await super().close()
        self.is_open = False


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")
async def test_killed_postgres_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database dies under a server and a worker: clear errors, then everything goes on.

    Where the worker begins anew it does so with new clients; it leaves none of them open.
    """
    indexes: list[WatchedIndex] = []

    def open_index(_url: str, _key: Secret | None) -> WatchedIndex:
        indexes.append(WatchedIndex())
        return indexes[-1]

    monkeypatch.setattr(qdrant, "open_qdrant", open_index)
    with running_postgres(settings=("synchronous_commit=on",)) as postgres:
        urls = postgres.create()
        settings = Settings(
            database_url=urls.app,
            data_dir=tmp_path,
            vectors=VectorsKind.QDRANT,
            qdrant_url="http://in-process",
        )
        database = Database(urls.app)
        await database.open()
        knowledge = assemble_knowledge(settings, database)
        async with working(settings):
            before = await ended(knowledge, await upload(knowledge, "a.md", b"The Danube."))
            os.kill(postgres.pid(), signal.SIGKILL)
            await asyncio.sleep(0.5)
            with pytest.raises(UnavailableError) as caught:
                await knowledge.tools.search_knowledge_base(ADA, query="danube")
            assert str(caught.value) == "postgres: does not answer"
            assert caught.value.hint == "hearth status postgres"
            await asyncio.to_thread(postgres.server.ensure_postgres_running)
            async with asyncio.timeout(20):
                while True:
                    try:
                        await database.ready()
                        break
                    except UnavailableError:
                        await asyncio.sleep(0.2)
            after = await ended(knowledge, await upload(knowledge, "b.md", b"The Rhine."))
            found = await knowledge.tools.search_knowledge_base(ADA, query="danube rhine")
        await database.close()
    assert (before.status, after.status) == (Status.READY, Status.READY)
    assert {hit.citation.title for hit in found.hits} == {"a.md", "b.md"}
    of_server, *of_worker = indexes
    assert of_server.is_open
    assert of_worker
    assert not any(each.is_open for each in of_worker)
    await of_server.close()
