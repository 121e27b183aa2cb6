"""What every adapter of a port must do; each adapter's own test calls these with itself.

A check raises AssertionError with what it expected. Differences between adapters are arguments.
"""
# ruff: noqa: S101  to assert is what a check does

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from hearth_kit.ids import uuid7

from hearth_server.capabilities.knowledge.bm25 import Postings, pack_postings
from hearth_server.capabilities.knowledge.errors import (
    DocumentNotFoundError,
    DocumentStateError,
    IngestCancelledError,
    ObjectsDownError,
    StaleRunError,
)
from hearth_server.capabilities.knowledge.model import (
    EmbedderInfo,
    Filter,
    NewDocument,
    Passage,
    PassageKey,
    Stage,
    Status,
)
from hearth_server.capabilities.knowledge.ports import (
    Documents,
    Embedder,
    Indexed,
    Objects,
    Passages,
    Run,
    Runs,
)

INFO = EmbedderInfo(name="test", dimension=3, max_tokens=100)
EVERYTHING = Filter()
NEVER = (
    Filter(source="wo"),
    Filter(source="%"),
    Filter(since=datetime(2999, 1, 1, tzinfo=UTC)),
    Filter(until=datetime(1999, 1, 1, tzinfo=UTC)),
)


class Raises(Protocol):
    """`pytest.raises`, handed in so that this module needs no test runner."""

    def __call__(self, error: type[BaseException]) -> Any:  # noqa: ANN401  its own type
        """Expect an error within a `with` block."""
        ...


async def check_embedder(embedder: Embedder, *, tolerance: float = 1e-5) -> None:
    """Check the port `Embedder`."""
    info = await embedder.info()
    assert info == await embedder.info()
    assert info.name
    assert info.max_tokens >= 16
    texts = ["The river runs to the sea.", "Der Fluss", "河", "", " ", "a b " * 5_000, "🙂\n\t"]
    vectors = await embedder.embed(texts)
    assert vectors.shape == (len(texts), info.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)
    (alone,) = await embedder.embed([texts[0]])
    assert np.allclose(alone, vectors[0], atol=tolerance)
    assert (await embedder.embed([])).shape == (0, info.dimension)
    asked = await embedder.embed_query(texts[0])
    assert asked.shape == (info.dimension,)
    assert np.allclose(np.linalg.norm(asked), 1.0, atol=1e-4)
    counts = embedder.count_tokens([*texts, "one two three four"])
    assert len(counts) == len(texts) + 1
    assert counts[3] == 0
    assert counts[-1] >= 4
    assert counts[5] > counts[0]


async def check_objects(objects: Objects, raises: Raises) -> None:
    """Check the port `Objects`."""
    key, other = "user-1/documents/a", "user-2/documents/b"
    await objects.put(key, _chunks([b"one ", b"", b"two"]))
    assert await read_object(objects, key) == b"one two"
    await objects.put(key, _chunks([b"three"]))
    assert await read_object(objects, key) == b"three"
    await objects.put(other, _chunks([b"x" * 3_000_000] * 2))
    assert len(await read_object(objects, other)) == 6_000_000
    assert await objects.list_keys("user-1/") == [key]
    (listed,) = await objects.list_objects("user-2/")
    assert (listed.key, listed.size_bytes) == (other, 6_000_000)
    assert listed.modified_at.utcoffset() == UTC.utcoffset(None)
    with raises(ConnectionError):
        await objects.put("user-1/documents/c", _chunks([b"y" * 3_000_000], breaks=True))
    assert await objects.list_keys("user-1/") == [key]
    await objects.delete(key)
    await objects.delete(key)
    assert await objects.list_keys("user-1/") == []
    with raises(ObjectsDownError):
        await read_object(objects, key)
    assert await objects.list_keys("user-2/") == [other]


async def read_object(objects: Objects, key: str) -> bytes:
    """Give an object as a whole."""
    return b"".join([chunk async for chunk in objects.read(key)])


async def _chunks(parts: Sequence[bytes], *, breaks: bool = False) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if breaks:
        msg = "the client went away"
        raise ConnectionError(msg)


def new_document(owner: UUID, content: str, **values: Any) -> NewDocument:  # noqa: ANN401
    """Make a document whose content hash follows from a word."""
    import hashlib

    document_id = uuid7()
    defaults: dict[str, Any] = {
        "id": document_id,
        "title": content,
        "source_type": "upload",
        "source": content,
        "media_type": "text/plain",
        "size_bytes": len(content),
        "content_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "object_key": f"user-{owner}/documents/{document_id}",
    }
    return NewDocument(**(defaults | values))


def indexed(*rows: tuple[str, Sequence[float]], language: str = "xx") -> Indexed:
    """Make passages of one word each, with their vectors."""
    passages = tuple(
        Passage(ordinal=n, text=word, headings=("A", "B")[:n], page=n + 1, tokens=1)
        for n, (word, _) in enumerate(rows)
    )
    postings: dict[str, list[tuple[int, int, int]]] = {}
    for n, (word, _) in enumerate(rows):
        postings.setdefault(f"{language}:{word}", []).append((n, 1, 1))
    return Indexed(
        language=language,
        pages=len(rows),
        passages=passages,
        vectors=np.array([vector for _, vector in rows], dtype=np.float32),
        postings={word: pack_postings(entries) for word, entries in postings.items()},
        words=len(rows),
    )


async def check_documents(documents: Documents, runs: Runs, raises: Raises) -> None:
    """Check the ports `Documents` and `Runs`: states, duplicates, owners."""
    ada, bob = uuid7(), uuid7()
    first, is_new = await documents.add(ada, new_document(ada, "one", tags=("t",)))
    assert is_new
    assert (first.status, first.stage, first.tags) == (Status.QUEUED, Stage.WAITING, ("t",))
    assert first.created_at.utcoffset() == UTC.utcoffset(None)
    again, is_new = await documents.add(ada, new_document(ada, "one"))
    assert not is_new
    assert again.id == first.id
    await _check_strangers(documents, runs, bob, first.id, raises)
    run = await _start(runs, ada, first.id)
    assert (run.number, run.attempt, run.title) == (1, 1, "one")
    await runs.progress(run, Stage.EMBEDDING, done=1, total=4)
    seen = await documents.get(ada, first.id)
    assert (seen.status, seen.stage, seen.done, seen.total) == (
        Status.RUNNING, Stage.EMBEDDING, 1, 4,
    )  # fmt: skip
    with raises(DocumentStateError):
        await documents.requeue(ada, first.id)
    later = await _start(runs, ada, first.id)
    with raises(StaleRunError):
        await runs.progress(run, Stage.STORING)
    with raises(StaleRunError):
        await runs.finish(run, indexed(("old", (1, 0, 0))), INFO)
    await runs.fail(run, "an old run's sorrow", again=False)
    await runs.finish(later, indexed(("ash", (1, 0, 0)), ("elm", (0, 1, 0))), INFO)
    ready = await documents.get(ada, first.id)
    assert (ready.status, ready.passages, ready.pages, ready.reason) == (Status.READY, 2, 2, "")
    assert await runs.start(ada, first.id) is None
    await _check_cancel(documents, runs, ada, raises)
    sources = await documents.sources(ada)
    assert [(each.source, each.passages) for each in sources.sources] == [("one", 2)]
    assert sources.tags == ("t",)
    assert (await documents.sources(bob)).sources == ()
    await documents.delete(ada, first.id)
    with raises(DocumentNotFoundError):
        await documents.get(ada, first.id)
    await _check_replacing(documents, runs, ada, bob)


async def _check_replacing(documents: Documents, runs: Runs, owner: UUID, stranger: UUID) -> None:
    def page(who: UUID, content: str, **values: Any) -> NewDocument:  # noqa: ANN401
        return new_document(who, content, source="https://a.test/", source_type="web", **values)

    first, _ = await documents.add(owner, page(owner, "monday", tags=("t",)))
    beside, _ = await documents.add(owner, page(owner, "while at work"))
    theirs, _ = await documents.add(stranger, page(stranger, "theirs"))
    assert len({first.id, beside.id, theirs.id}) == 3
    await documents.delete(owner, beside.id)
    await runs.finish(await _start(runs, owner, first.id), indexed(("ash", (1, 0, 0))), INFO)
    tuesday = page(owner, "tuesday")
    second, is_new = await documents.add(owner, tuesday)
    assert (second.id, is_new, second.status) == (first.id, True, Status.QUEUED)
    assert (second.title, second.tags, second.passages) == ("tuesday", ("t",), 1)
    assert await documents.find_original(owner, first.id) == tuesday.object_key
    await runs.finish(await _start(runs, owner, first.id), indexed(("elm", (0, 1, 0))), INFO)
    again, is_new = await documents.add(owner, page(owner, "tuesday"))
    assert (again.id, is_new, again.status) == (first.id, False, Status.READY)
    await documents.delete(owner, first.id)


async def _check_strangers(
    documents: Documents, runs: Runs, stranger: UUID, document_id: UUID, raises: Raises
) -> None:
    for attack in (documents.get, documents.delete, documents.requeue, documents.cancel):
        with raises(DocumentNotFoundError):
            await attack(stranger, document_id)
    assert await runs.start(stranger, document_id) is None
    page = await documents.list_page(
        stranger, status=None, text=None, only=EVERYTHING, sort="newest", limit=10, offset=0
    )
    assert (page.documents, page.total) == ((), 0)


async def _check_cancel(documents: Documents, runs: Runs, owner: UUID, raises: Raises) -> None:
    document, _ = await documents.add(owner, new_document(owner, "two"))
    run = await _start(runs, owner, document.id)
    await documents.cancel(owner, document.id)
    await documents.cancel(owner, document.id)
    with raises(IngestCancelledError):
        await runs.progress(run, Stage.EMBEDDING)
    queued = await documents.requeue(owner, document.id)
    assert (queued.status, queued.attempts) == (Status.QUEUED, 0)
    latest = await _start(runs, owner, document.id)
    assert (latest.number, latest.attempt) == (2, 1)
    with raises(StaleRunError):
        await runs.progress(run, Stage.EMBEDDING)
    await runs.fail(latest, "no luck", again=True)
    assert (await documents.get(owner, document.id)).status is Status.QUEUED
    final = await _start(runs, owner, document.id)
    await runs.fail(final, "no luck at all", again=False)
    failed = await documents.get(owner, document.id)
    assert (failed.status, failed.reason) == (Status.FAILED, "no luck at all")
    twin, is_new = await documents.add(owner, new_document(owner, "two"))
    assert (twin.id, is_new) == (document.id, False)
    assert (await documents.get(owner, document.id)).status is Status.QUEUED


async def _start(runs: Runs, owner: UUID, document_id: UUID) -> Run:
    run = await runs.start(owner, document_id)
    assert run is not None
    return run


def documents_of(postings: Sequence[Postings]) -> set[tuple[UUID, bool]]:
    """Give the documents that have some word, and whether the filter lets them through."""
    return {(document, wanted) for each in postings for document, wanted, _ in each}


async def check_passages(documents: Documents, runs: Runs, passages: Passages) -> None:
    """Check the port `Passages`: what each leg gives, filters, owners, replacement."""
    ada, bob = uuid7(), uuid7()
    one = await _ready(documents, runs, ada, "one", ("ash", (1, 0, 0)), ("elm", (0, 1, 0)))
    two = await _ready(documents, runs, ada, "two", ("ash", (0.6, 0.8, 0)), tags=("t",))
    secret = await _ready(documents, runs, bob, "three", ("ash", (1, 0, 0)))
    tagged = Filter(tags=("t",))
    async with passages.view(ada) as index:
        statistics = await index.statistics()
        assert (statistics.passages, statistics.words, statistics.languages) == (3, 3, ("xx",))
        found = await index.postings(["xx:ash", "xx:none"], tagged)
        assert documents_of(found) == {(one, False), (two, True)}
        near = await index.nearest([1.0, 0.0, 0.0], INFO, EVERYTHING, limit=2)
        assert [(key.document_id, key.ordinal) for key in near] == [(one, 0), (two, 0)]
        assert np.allclose(list(near.values()), [1.0, 0.6])
        only = await index.nearest([1.0, 0.0, 0.0], INFO, tagged, limit=5)
        assert [key.document_id for key in only] == [two]
        came = await index.nearest([1.0, 0.0, 0.0], INFO, Filter(source="tw"), limit=5)
        assert [key.document_id for key in came] == [two]
        for wrong in (Filter(document_ids=(secret,)), Filter(source_type="text"), *NEVER):
            assert await index.nearest([1.0, 0.0, 0.0], INFO, wrong, limit=5) == {}
        other = EmbedderInfo(name="other", dimension=3, max_tokens=100)
        assert await index.nearest([1.0, 0.0, 0.0], other, EVERYTHING, limit=5) == {}
        stolen = PassageKey(document_id=secret, ordinal=0)
        elm = PassageKey(document_id=one, ordinal=1)
        cosines = await index.similarities([0.0, 1.0, 0.0], INFO, [elm, stolen])
        assert cosines == {elm: 1.0}
        read = await index.read([elm, stolen], neighbours=1)
        assert [key.ordinal for key in sorted(read)] == [0, 1]
        stored = read[elm]
        assert (stored.passage.text, stored.passage.page, stored.title) == ("elm", 2, "one")
        assert stored.passage.headings == ("A",)
        assert read[PassageKey(document_id=one, ordinal=0)].passage.headings == ()
    await documents.requeue(ada, one)
    await runs.finish(await _start(runs, ada, one), indexed(("fir", (0, 0, 1))), INFO)
    async with passages.view(ada) as index:
        assert (await index.statistics()).passages == 2
        assert documents_of(await index.postings(["xx:ash"], EVERYTHING)) == {(two, True)}
    await documents.delete(ada, two)
    async with passages.view(ada) as index:
        assert len(await index.nearest([1.0, 0.0, 0.0], INFO, EVERYTHING, limit=5)) == 1


async def _ready(
    documents: Documents,
    runs: Runs,
    owner: UUID,
    content: str,
    *rows: tuple[str, Sequence[float]],
    tags: tuple[str, ...] = (),
) -> UUID:
    document, _ = await documents.add(owner, new_document(owner, content, tags=tags))
    await runs.finish(await _start(runs, owner, document.id), indexed(*rows), INFO)
    return document.id
