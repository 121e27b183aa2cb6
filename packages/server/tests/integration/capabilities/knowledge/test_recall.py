"""Nothing is missed: the index gives exactly the closest, however few of all are the owner's."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.builtin.embedder import INFO, BuiltinEmbedder, embed_texts
from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.passages import PostgresPassages
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.runs import PostgresRuns
from hearth_server.capabilities.knowledge.model import Filter, PassageKey
from hearth_server.capabilities.knowledge.search import Question, Searcher
from hearth_server.testing.conformance import indexed, new_document

pytestmark = pytest.mark.integration

WORDS = tuple(f"{a}{b}{c}" for a in "bdkmrst" for b in "aeiou" for c in "lnrst")
ADA, BOB = uuid7(), uuid7()


async def store(
    database: Database, owner: UUID, name: str, texts: list[str], *, tags: tuple[str, ...] = ()
) -> UUID:
    documents, runs = PostgresDocuments(database, Jobs(new_job_app())), PostgresRuns(database)
    document, _ = await documents.add(owner, new_document(owner, name, tags=tags))
    run = await runs.start(owner, document.id)
    assert run is not None
    vectors = embed_texts(texts)
    rows = list(zip(texts, vectors.tolist(), strict=True))
    await runs.finish(run, indexed(*rows), INFO)
    return document.id


def invent(random: np.random.Generator, count: int) -> list[str]:
    return [" ".join(random.choice(WORDS, size=12)) for _ in range(count)]


@pytest.fixture
async def collection(database: Database) -> dict[PassageKey, str]:
    """Give Ada 60 passages, a third of them tagged, among 3,000 of Bob's."""
    random = np.random.default_rng(3)
    for number in range(3):
        await store(database, BOB, f"bob {number}", invent(random, 1_000))
    mine: dict[PassageKey, str] = {}
    for number in range(3):
        texts = invent(random, 20)
        tags = ("few",) if number == 0 else ()
        document_id = await store(database, ADA, f"ada {number}", texts, tags=tags)
        mine |= {
            PassageKey(document_id=document_id, ordinal=n): text for n, text in enumerate(texts)
        }
    return mine


@pytest.mark.parametrize("tagged", [False, True], ids=["all", "filtered"])
async def test_recall_is_complete(
    database: Database, collection: dict[PassageKey, str], tagged: bool
) -> None:
    random = np.random.default_rng(4)
    first = next(iter(collection)).document_id
    keys = [key for key in collection if not tagged or key.document_id == first]
    vectors = embed_texts([collection[key] for key in keys])
    only = Filter(tags=("few",)) if tagged else Filter()
    for query in embed_texts(invent(random, 25)):
        truth = sorted((vectors @ query).tolist(), reverse=True)[:10]
        async with PostgresPassages(database).view(ADA) as index:
            found = await index.nearest(query.tolist(), INFO, only, limit=10)
        assert list(found.values()) == pytest.approx(truth, abs=1e-5)


async def test_filter_never_costs_hits(
    database: Database, collection: dict[PassageKey, str]
) -> None:
    """Ten are asked for and ten exist behind the filter: ten come, in each kind of search."""
    searcher = Searcher(PostgresPassages(database), BuiltinEmbedder())
    tagged = list(collection.values())[:20]
    query = " ".join(text.split()[0] for text in tagged)
    for search_type in ("hybrid", "vector", "text"):
        question = Question(
            query=query, count=10, search_type=search_type, only=Filter(tags=("few",))
        )
        found = await searcher.search(ADA, question)
        if search_type != "text":
            assert len(found.hits) == 10
        assert {hit.text for hit in found.hits} <= set(tagged)
