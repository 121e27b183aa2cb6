"""Documents from bytes to hits, over the memory adapters: what callers and workers go through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hearth_server.adapters.builtin.embedder import INFO, BuiltinEmbedder, embed_texts
from hearth_server.adapters.memory.library import MemoryLibrary
from hearth_server.adapters.memory.objects import MemoryObjects
from hearth_server.assembly.answers import LibraryFinder
from hearth_server.capabilities.answers.model import Scope
from hearth_server.capabilities.knowledge.errors import (
    BadLabelError,
    DocumentNotFoundError,
    DocumentStateError,
    EmbedderDownError,
    EmptyTextError,
    EncryptedError,
    RerankerDownError,
    TooLargeError,
    UnsupportedFormatError,
)
from hearth_server.capabilities.knowledge.ingest import Ingester, Limits
from hearth_server.capabilities.knowledge.model import Document, EmbedderInfo, Stage, Status
from hearth_server.capabilities.knowledge.ports import Converted
from hearth_server.capabilities.knowledge.search import RERANKED, Searcher
from hearth_server.capabilities.knowledge.split import Block, BlockKind
from hearth_server.capabilities.knowledge.tools import KnowledgeTools
from hearth_server.capabilities.knowledge.uploads import Uploads
from hearth_server.testing.principals import make_principal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

pytestmark = pytest.mark.unit

ADA, BOB = make_principal(name="ada"), make_principal(name="bob")


class LineReader:
    """Reads a heading from lines with `#`, a text from others; a file named `locked` is locked."""

    async def convert(self, path: Path, *, media_type: str, name: str) -> AsyncIterator[Converted]:
        if name == "locked.txt":
            raise EncryptedError(f"file `{name}`: is protected by a password")
        text = await asyncio.to_thread(path.read_text)
        for number, line in enumerate(text.splitlines(), start=1):
            kind = BlockKind.HEADING if line.startswith("#") else BlockKind.TEXT
            level = 1 if kind is BlockKind.HEADING else 0
            block = Block(text=line.lstrip("# "), kind=kind, level=level, page=number)
            yield Converted(blocks=(block,), done=number, total=0)


class BrokenEmbedder(BuiltinEmbedder):
    """Answers a few times, then no more."""

    def __init__(self, *, answers: int) -> None:
        self.answers = answers

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.answers -= 1
        if self.answers < 0:
            raise EmbedderDownError("embedder: does not answer", hint="hearth status ollama")
        return embed_texts(texts)


class World:
    """One installation in memory."""

    def __init__(self, *, limit: int = 10_000) -> None:
        self.library = MemoryLibrary()
        self.objects = MemoryObjects()
        self.uploads = Uploads(self.library, self.objects, limit=limit)
        self.embedder = BuiltinEmbedder()
        searcher = Searcher(self.library, self.embedder)
        self.tools = KnowledgeTools(self.library, self.uploads, searcher, self.library)

    def ingester(self, embedder: BuiltinEmbedder | None = None) -> Ingester:
        return Ingester(self.library, self.objects, LineReader(), embedder or self.embedder)

    async def work(self) -> None:
        while self.library.queue:
            await self.ingester().ingest(*self.library.queue.pop(0))

    async def upload(self, text: str, name: str = "a.txt", who=ADA, **more) -> Document:
        return await self.uploads.receive(
            who, filename=name, content_type="", chunks=chunks(text.encode()), **more
        )


async def chunks(data: bytes, *, breaks: bool = False) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 7):
        yield data[start : start + 7]
    if breaks:
        raise ConnectionError("the client went away")


@pytest.fixture
def world() -> World:
    return World()


async def test_text_is_found_and_cited(world: World) -> None:
    await world.upload("# Rivers\nThe Danube is long.\n# Hills\nThe Alps are high.", "geo.txt")
    await world.work()
    found = await world.tools.search_knowledge_base(ADA, query="how long is the danube")
    hit = found.hits[0]
    assert hit.text == "The Danube is long."
    assert (hit.citation.title, hit.citation.page) == ("geo.txt", 2)
    assert hit.citation.headings == ("Rivers",)
    assert [hit.text[span.start : span.end] for span in hit.highlights] == [
        "The", "Danube", "is", "long",
    ]  # fmt: skip
    assert (hit.scores.vector_rank, hit.scores.text_rank) == (1, 1)
    assert found.embedder == INFO.name


async def test_another_sees_nothing(world: World) -> None:
    document = await world.upload("The Danube is long.")
    await world.work()
    found = await world.tools.search_knowledge_base(BOB, query="danube")
    assert found.hits == ()
    assert found.note == "you have no documents that are ready to be searched"
    with pytest.raises(DocumentNotFoundError) as caught:
        await world.tools.get_document(BOB, document_id=document.id)
    assert str(caught.value) == f"document `{document.id}`: there is no such document"
    for attack in (
        world.tools.delete_document,
        world.tools.retry_document,
        world.tools.cancel_document,
    ):
        with pytest.raises(DocumentNotFoundError):
            await attack(BOB, document_id=document.id)
    assert (await world.tools.get_document(ADA, document_id=document.id)).status is Status.READY


async def test_same_bytes_are_stored_once(world: World) -> None:
    first = await world.upload("same", "a.txt")
    again = await world.upload("same", "b.txt")
    other = await world.upload("same", "a.txt", who=BOB)
    assert again.id == first.id
    assert other.id != first.id
    assert len(world.objects.contents) == 2
    assert len(world.library.queue) == 2


async def test_failed_document_is_tried_again(world: World) -> None:
    first = await world.upload("secret", "locked.txt")
    await world.work()
    failed = await world.tools.get_document(ADA, document_id=first.id)
    assert failed.status is Status.FAILED
    assert failed.reason == "file `locked.txt`: is protected by a password"
    again = await world.upload("secret", "locked.txt")
    assert again.status is Status.QUEUED or world.library.queue


async def test_broken_upload_leaves_nothing(world: World) -> None:
    stream = chunks(b"half of it", breaks=True)
    with pytest.raises(ConnectionError):
        await world.uploads.receive(ADA, filename="a.txt", content_type="", chunks=stream)
    assert world.objects.contents == {}
    assert world.library.entries == {}


@pytest.mark.parametrize(
    ("text", "name", "error", "message"),
    [
        ("x" * 10_001, "a.txt", TooLargeError, "file `a.txt`: is larger than 9.766 kB"),
        ("", "a.txt", EmptyTextError, "file `a.txt`: is empty"),
        ("x", "a.exe", UnsupportedFormatError, "file `a.exe`: its kind is not supported, expected"),
    ],
    ids=["large", "empty", "kind"],
)
async def test_bad_upload_is_explained(
    world: World, text: str, name: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        await world.upload(text, name)
    assert str(caught.value).startswith(message)
    assert world.objects.contents == {}


async def test_hostile_name_is_label(world: World) -> None:
    document = await world.upload("x", "../../../etc/cron.d/x.txt")
    assert document.title == "x.txt"
    assert list(world.objects.contents) == [f"user-{ADA.user_id}/documents/{document.id}"]


async def test_cancelled_stays_unfound(world: World) -> None:
    document = await world.upload("The Danube is long.")
    cancelled = await world.tools.cancel_document(ADA, document_id=document.id)
    assert (cancelled.status, cancelled.reason) == (Status.CANCELLED, "cancelled by its owner")
    await world.work()
    assert (await world.tools.get_document(ADA, document_id=document.id)).passages == 0
    await world.tools.retry_document(ADA, document_id=document.id)
    await world.work()
    assert (await world.tools.get_document(ADA, document_id=document.id)).status is Status.READY
    with pytest.raises(DocumentStateError) as caught:
        await world.tools.cancel_document(ADA, document_id=document.id)
    assert str(caught.value) == f"document `{document.id}`: is `ready` and cannot be cancelled"


async def test_cancel_stops_running_worker(world: World) -> None:
    document = await world.upload("The Danube is long.")

    class Cancelling(BuiltinEmbedder):
        async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
            await world.tools.cancel_document(ADA, document_id=document.id)
            return embed_texts(texts)

    await world.ingester(Cancelling()).ingest(ADA.user_id, document.id)
    state = await world.tools.get_document(ADA, document_id=document.id)
    assert (state.status, state.passages) == (Status.CANCELLED, 0)


async def test_cancel_interrupts_long_work(world: World) -> None:
    """A reader that says nothing for minutes is stopped all the same."""
    document = await world.upload("The Danube is long.")
    stopped = asyncio.Event()

    class Endless(LineReader):
        async def convert(
            self, path: Path, *, media_type: str, name: str
        ) -> AsyncIterator[Converted]:
            await world.tools.cancel_document(ADA, document_id=document.id)
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()
            yield Converted(blocks=(), done=0, total=0)

    ingester = Ingester(world.library, world.objects, Endless(), world.embedder)
    await asyncio.wait_for(ingester.ingest(ADA.user_id, document.id), 5)
    assert stopped.is_set()
    state = await world.tools.get_document(ADA, document_id=document.id)
    assert state.status is Status.CANCELLED


async def test_overtaken_run_writes_nothing(world: World) -> None:
    document = await world.upload("The Danube is long.")

    class Overtaken(BuiltinEmbedder):
        async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
            await world.ingester().ingest(ADA.user_id, document.id)
            return embed_texts(["nonsense"] * len(texts))

    await world.ingester(Overtaken()).ingest(ADA.user_id, document.id)
    found = await world.tools.search_knowledge_base(ADA, query="danube", search_type="vector")
    assert len(found.hits) == 1
    assert found.hits[0].scores.vector is not None
    assert found.hits[0].scores.vector > 0.3


async def test_outage_keeps_document_queued(world: World) -> None:
    document = await world.upload("The Danube is long.")
    broken = world.ingester(BrokenEmbedder(answers=0))
    with pytest.raises(EmbedderDownError):
        await broken.ingest(ADA.user_id, document.id, last_chance=False)
    waiting = await world.tools.get_document(ADA, document_id=document.id)
    assert (waiting.status, waiting.reason) == (Status.QUEUED, "embedder: does not answer")
    await broken.ingest(ADA.user_id, document.id, last_chance=True)
    failed = await world.tools.get_document(ADA, document_id=document.id)
    assert (failed.status, failed.reason) == (Status.FAILED, "embedder: does not answer")


async def test_poisonous_document_ends(world: World) -> None:
    document = await world.upload("The Danube is long.")
    for _ in range(Limits().attempts):
        assert await world.library.start(ADA.user_id, document.id) is not None
    await world.ingester().ingest(ADA.user_id, document.id)
    state = await world.tools.get_document(ADA, document_id=document.id)
    assert state.status is Status.FAILED
    assert state.reason == "gave up after 8 attempts that did not come to an end"


async def test_changed_embedder_is_said(world: World) -> None:
    await world.upload("The Danube is long.")
    await world.work()

    class Other(BuiltinEmbedder):
        async def info(self) -> EmbedderInfo:
            return EmbedderInfo(name="other", dimension=384, max_tokens=512)

    searcher = Searcher(world.library, Other())
    tools = KnowledgeTools(world.library, world.uploads, searcher, world.library)
    found = await tools.search_knowledge_base(ADA, query="danube")
    assert len(found.hits) == 1
    assert found.note == (
        "your documents were not embedded by `other`: only their words were searched"
    )


async def test_words_serve_while_embedder_is_down(world: World) -> None:
    await world.upload("The Danube is long.")
    await world.work()
    searcher = Searcher(world.library, BrokenEmbedder(answers=0))
    tools = KnowledgeTools(world.library, world.uploads, searcher, world.library)
    found = await tools.search_knowledge_base(ADA, query="danube")
    assert [hit.text for hit in found.hits] == ["The Danube is long."]
    assert (found.hits[0].scores.vector, found.embedder) == (None, "")
    assert found.note == "the embedder does not answer: only words were searched"
    assert (await tools.search_knowledge_base(ADA, query="danube", search_type="text")).note == ""
    with pytest.raises(EmbedderDownError):
        await tools.search_knowledge_base(ADA, query="danube", search_type="vector")


async def test_broken_characters_do_no_harm(world: World) -> None:
    await world.upload("The Danube is long.")
    await world.work()
    found = await world.tools.search_knowledge_base(ADA, query="danube\x00\ud800")
    assert len(found.hits) == 1
    page = await world.tools.list_documents(ADA, title="a.\x00\ud800")
    assert [each.title for each in page.documents] == ["a.txt"]


async def test_filters_narrow_search(world: World) -> None:
    tagged = await world.upload("The Danube is long.", "a.txt", tags=["water"])
    await world.upload("The Danube is blue.", "b.txt")
    await world.tools.ingest_text(ADA, text="The Danube is old.", title="c")
    of_project = await world.upload("The Danube freezes.", "d.txt", tags=["project/rivers"])
    await world.work()
    search = world.tools.search_knowledge_base
    only_project = await search(ADA, query="danube", project="rivers")
    assert [hit.citation.document_id for hit in only_project.hits] == [of_project.id]
    only_tag = await search(ADA, query="danube", tags=["water"])
    assert [hit.citation.title for hit in only_tag.hits] == ["a.txt"]
    only_text = await search(ADA, query="danube", source_type="text")
    assert [hit.citation.title for hit in only_text.hits] == ["c"]
    only_from = await search(ADA, query="danube", source="b.")
    assert [hit.citation.title for hit in only_from.hits] == ["b.txt"]
    only_one = await search(ADA, query="danube", document_id=tagged.id)
    assert [hit.citation.document_id for hit in only_one.hits] == [tagged.id]
    nothing = await search(ADA, query="danube", document_id=uuid4())
    assert nothing.note == "nothing passes the filter or has a word of the query"


async def test_questions_are_held_to_a_project(world: World) -> None:
    kept = await world.upload("The Danube freezes.", "a.txt", tags=["project/rivers"])
    await world.upload("The Danube is blue.", "b.txt", tags=["rivers"])
    await world.work()
    finder = LibraryFinder(Searcher(world.library, world.embedder))
    found = await finder.find(ADA.user_id, "danube", Scope(project="rivers"), limit=5)
    assert [passage.document_id for passage in found.passages] == [kept.id]


async def test_neighbours_come_along(world: World) -> None:
    await world.upload("before\nThe Danube is long.\nafter")
    await world.work()
    found = await world.tools.search_knowledge_base(ADA, query="danube", neighbours=1)
    assert (found.hits[0].before, found.hits[0].after) == ("before", "after")


@pytest.mark.parametrize("search_type", ["hybrid", "vector", "text"])
@pytest.mark.parametrize("fusion", ["weighted", "rrf"])
async def test_best_hit_is_first(world: World, search_type: str, fusion: str) -> None:
    await world.upload("The Danube is long.\nThe Alps are high.\nBread needs flour.")
    await world.work()
    found = await world.tools.search_knowledge_base(
        ADA, query="danube", search_type=search_type, fusion=fusion, match_count=3
    )
    assert found.hits[0].text == "The Danube is long."
    fused = [hit.scores.fused for hit in found.hits]
    assert fused == sorted(fused, reverse=True)
    assert (found.hits[0].scores.vector is None) == (search_type == "text")
    assert (found.hits[0].scores.text is None) == (search_type == "vector")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"query": "  "}, EmptyTextError, "query: is empty, expected at least one word"),
        ({"query": "x" * 4_001}, BadLabelError,
         "query: has 4001 characters, at most 4000 are allowed"),
        ({"query": "x", "match_count": 0}, BadLabelError,
         "match_count: is `0`, expected 1 to 100"),
        ({"query": "x", "neighbours": 9}, BadLabelError, "neighbours: is `9`, expected 0 to 3"),
    ],
    ids=["empty", "long", "count", "neighbours"],
)  # fmt: skip
async def test_bad_question_is_explained(
    world: World, arguments: dict, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        await world.tools.search_knowledge_base(ADA, **arguments)
    assert str(caught.value) == message


async def test_list_is_paged_and_sorted(world: World) -> None:
    for name in ("b.txt", "a.txt", "c.txt"):
        await world.upload(f"text of {name}" * len(name), name)
    page = await world.tools.list_documents(ADA, sort="title", limit=2)
    assert [each.title for each in page.documents] == ["a.txt", "b.txt"]
    assert page.total == 3
    rest = await world.tools.list_documents(ADA, sort="title", limit=2, offset=2)
    assert [each.title for each in rest.documents] == ["c.txt"]
    found = await world.tools.list_documents(ADA, title="B.", status=Status.QUEUED)
    assert [each.title for each in found.documents] == ["b.txt"]
    for bad in ({"limit": 0}, {"limit": 201}, {"offset": -1}):
        with pytest.raises(BadLabelError):
            await world.tools.list_documents(ADA, **bad)


async def test_sources_count_ready_ones(world: World) -> None:
    await world.upload("one", "a.txt", tags=["x"])
    await world.work()
    await world.upload("two", "b.txt")
    sources = await world.tools.get_available_sources(ADA)
    assert [(each.source, each.documents, each.passages) for each in sources.sources] == [
        ("a.txt", 1, 1)
    ]
    assert sources.tags == ("x",)


async def test_delete_discards_original(world: World) -> None:
    document = await world.upload("one")
    gone = await world.tools.delete_document(ADA, document_id=document.id)
    assert gone.id == document.id
    assert world.library.discarded == [f"user-{ADA.user_id}/documents/{document.id}"]


async def test_watch_tells_each_change(world: World) -> None:
    stages: list[Stage] = []

    async def listen() -> None:
        async for event in world.tools.watch(ADA):
            if event.document is None:
                return
            stages.append(event.document.stage)

    listener = asyncio.create_task(listen())
    await asyncio.sleep(0)
    document = await world.upload("The Danube is long.")
    await world.work()
    await world.tools.delete_document(ADA, document_id=document.id)
    await asyncio.wait_for(listener, 5)
    assert stages
    assert world.library.watchers[ADA.user_id] == set()


async def test_text_needs_words(world: World) -> None:
    with pytest.raises(EmptyTextError):
        await world.tools.ingest_text(ADA, text=" \n ")
    document = await world.tools.ingest_text(ADA, text="# First line\nbody")
    assert (document.title, document.source_type) == ("First line", "text")


async def test_left_out_says_why(world: World) -> None:
    for number, text in enumerate(("ash ash ash", "ash and elm", "an oak")):
        await world.upload(text, f"{number}.txt")
    await world.work()
    found = await world.tools.search_knowledge_base(ADA, query="ash", match_count=1, left_out=5)
    assert [hit.citation.title for hit in found.hits] == ["0.txt"]
    assert [each.citation.title for each in found.left_out] == ["1.txt", "2.txt"]
    assert found.left_out[0].reason == "stands at place 2, and 1 were asked for"
    assert found.left_out[1].reason.endswith("it has no word of the query")
    assert found.left_out[0].scores.text_rank == 2


class Judge:
    """The port `Reranker`: thinks of each text what the test says."""

    def __init__(self, **scores: float) -> None:
        self.scores = scores
        self.asked: list[str] = []
        self.is_down = False

    async def name(self) -> str:
        return "judge"

    async def score(self, query: str, texts: Sequence[str]) -> list[float]:
        if self.is_down:
            raise RerankerDownError("reranker: does not answer")
        self.asked += texts
        return [next(score for word, score in self.scores.items() if word in t) for t in texts]


async def judged(world: World, judge: Judge, *texts: str) -> KnowledgeTools:
    for number, text in enumerate(texts):
        await world.upload(text, f"{number}.txt")
    await world.work()
    searcher = Searcher(world.library, world.embedder, judge)
    return KnowledgeTools(world.library, world.uploads, searcher, world.library)


async def test_reranker_has_the_last_word(world: World) -> None:
    judge = Judge(first=0.1, second=0.9, third=0.5)
    tools = await judged(world, judge, "ash ash ash first", "ash second and oak", "an oak third")
    found = await tools.search_knowledge_base(ADA, query="ash", match_count=1, left_out=5)
    assert [hit.text for hit in found.hits] == ["ash second and oak"]
    best = found.hits[0].scores
    assert (best.rerank, best.fused_rank, found.reranker, found.note) == (0.9, 2, "judge", "")
    third, first = found.left_out
    assert (third.scores.rerank, first.scores.rerank) == (0.5, 0.1)
    assert first.reason == (
        "stands at place 3, and 1 were asked for; reranked below others, from place 1"
    )
    # It reads what is embedded: the title stands in for a heading.
    assert "0.txt\nash ash ash first" in judge.asked


async def test_order_stays_where_reranking_is_not_wanted(world: World) -> None:
    judge = Judge(first=0.1, second=0.9)
    tools = await judged(world, judge, "ash ash ash first", "ash second and oak")
    plain = await tools.search_knowledge_base(ADA, query="ash", rerank=False)
    words = await tools.search_knowledge_base(ADA, query="ash", search_type="text")
    for found in (plain, words):
        assert found.hits[0].text == "ash ash ash first"
        assert (found.hits[0].scores.rerank, found.reranker, found.note) == (None, "", "")
    assert judge.asked == []


async def test_search_goes_on_while_reranker_is_down(world: World) -> None:
    judge = Judge()
    judge.is_down = True
    tools = await judged(world, judge, "ash ash ash first", "ash second and oak")
    found = await tools.search_knowledge_base(ADA, query="ash")
    assert [hit.text for hit in found.hits] == ["ash ash ash first", "ash second and oak"]
    assert found.note == "the reranker does not answer: the order is that of words and meaning"


async def test_what_is_too_far_behind_is_not_reranked(world: World) -> None:
    judge = Judge(ash=0.5)
    texts = [f"ash {'oak ' * number}" for number in range(RERANKED + 2)]
    tools = await judged(world, judge, *texts)
    found = await tools.search_knowledge_base(
        ADA, query="ash", match_count=RERANKED, left_out=2, neighbours=1
    )
    assert len(judge.asked) == RERANKED
    assert [each.scores.rerank for each in found.left_out] == [None, None]
    assert "too far behind to be reranked" in found.left_out[0].reason


async def test_nothing_to_rerank_is_no_outage(world: World) -> None:
    judge = Judge()
    found = await (await judged(world, judge)).search_knowledge_base(ADA, query="ash")
    assert found.note == "you have no documents that are ready to be searched"


async def test_search_says_that_spelling_alone_is_compared(world: World) -> None:
    await world.upload("ash", "a.txt")
    await world.work()
    assert (await world.tools.search_knowledge_base(ADA, query="ash")).by_spelling
    words = await world.tools.search_knowledge_base(ADA, query="ash", search_type="text")
    assert not words.by_spelling


async def test_time_narrows_a_search(world: World) -> None:
    document = await world.upload("ash", "a.txt")
    await world.work()
    day = document.created_at.date().isoformat()
    for since, until, count in ((day, None, 1), (None, day, 0), ("2999-01-01", None, 0)):
        found = await world.tools.search_knowledge_base(
            ADA,
            query="ash",
            since=datetime.fromisoformat(since) if since else None,
            until=datetime.fromisoformat(until) if until else None,
        )
        assert len(found.hits) == count
