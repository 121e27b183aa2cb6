"""An index beside the store: what is ready is in it, and nobody finds what they may not read."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.memory.objects import MemoryObjects
from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.passages import PostgresPassages
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.readable import PostgresReadable
from hearth_server.adapters.postgres.runs import PostgresRuns
from hearth_server.adapters.qdrant.vectors import QdrantVectors
from hearth_server.capabilities.knowledge.errors import IngestCancelledError, VectorsDownError
from hearth_server.capabilities.knowledge.model import EmbedderInfo, Filter, PassageKey
from hearth_server.capabilities.knowledge.vector_index import (
    IndexedObjects,
    IndexedPassages,
    IndexedRuns,
    Within,
)
from hearth_server.testing.conformance import (
    INFO,
    check_documents,
    check_passages,
    indexed,
    new_document,
)
from qdrant_client import AsyncQdrantClient

pytestmark = pytest.mark.integration

QUERY = (1.0, 0.0, 0.0)


class Watched(QdrantVectors):
    """The index, and how often it was asked; may be made to fall silent."""

    asked = 0
    is_down = False

    async def nearest(
        self, vector: Sequence[float], info: EmbedderInfo, within: Within, *, limit: int
    ) -> dict[PassageKey, float]:
        self.asked += 1
        if self.is_down:
            raise VectorsDownError("qdrant: does not answer as it should")
        return await super().nearest(vector, info, within, limit=limit)


@pytest.fixture
async def index() -> AsyncIterator[Watched]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = Watched(AsyncQdrantClient(":memory:"))
        yield opened
        await opened.close()


def documents_of(database: Database) -> PostgresDocuments:
    return PostgresDocuments(database, Jobs(new_job_app()))


def passages_of(database: Database, index: Watched) -> IndexedPassages:
    return IndexedPassages(PostgresPassages(database), index, PostgresReadable(database))


async def ready(database: Database, index: Watched, owner: UUID, title: str, **values) -> UUID:
    documents, runs = documents_of(database), IndexedRuns(PostgresRuns(database), index)
    made, _ = await documents.add(owner, new_document(owner, title, **values))
    run = await runs.start(owner, made.id)
    assert run is not None
    await runs.finish(run, indexed((title, QUERY)), INFO)
    return made.id


async def nearest(
    database: Database, index: Watched, owner: UUID, only: Filter | None = None
) -> set[UUID]:
    async with passages_of(database, index).view(owner) as view:
        found = await view.nearest(QUERY, INFO, only or Filter(), limit=9)
    return {key.document_id for key in found}


async def test_index_keeps_the_promises_of_the_store(database: Database, index: Watched) -> None:
    runs = IndexedRuns(PostgresRuns(database), index)
    await check_documents(documents_of(database), runs, pytest.raises)
    await check_passages(documents_of(database), runs, passages_of(database, index))
    assert index.asked > 3


async def test_index_is_asked_within_what_may_be_read(database: Database, index: Watched) -> None:
    ada, bob = uuid7(), uuid7()
    first = await ready(database, index, ada, "one", tags=("t",))
    second = await ready(database, index, ada, "two")
    await ready(database, index, bob, "three", tags=("t",))
    assert await nearest(database, index, ada) == {first, second}
    assert await nearest(database, index, ada, Filter(tags=("t",))) == {first}
    assert await nearest(database, index, ada, Filter(whose="mine")) == {first, second}
    assert await nearest(database, index, ada, Filter(whose="shared")) == set()
    assert await nearest(database, index, uuid7()) == set()


async def test_search_goes_on_while_the_index_is_down(database: Database, index: Watched) -> None:
    ada = uuid7()
    one = await ready(database, index, ada, "one")
    index.is_down = True
    assert await nearest(database, index, ada) == {one}
    assert index.asked == 1


async def test_vectors_go_with_the_original(database: Database, index: Watched) -> None:
    ada = uuid7()
    one = await ready(database, index, ada, "one")
    objects = IndexedObjects(MemoryObjects(), index)
    await documents_of(database).delete(ada, one)
    await objects.delete(f"user-{ada}/.probe")
    assert await index.nearest(QUERY, INFO, Within(owner=ada), limit=9) != {}
    await objects.delete(f"user-{ada}/documents/{one}")
    assert await index.nearest(QUERY, INFO, Within(owner=ada), limit=9) == {}


async def test_cancelled_document_is_found_by_nobody(database: Database, index: Watched) -> None:
    """The index knew of it before the store refused it; the store has the last word."""
    ada = uuid7()
    documents, runs = documents_of(database), IndexedRuns(PostgresRuns(database), index)
    made, _ = await documents.add(ada, new_document(ada, "one"))
    run = await runs.start(ada, made.id)
    assert run is not None
    await documents.cancel(ada, made.id)
    with pytest.raises(IngestCancelledError):
        await runs.finish(run, indexed(("one", QUERY)), INFO)
    assert await index.nearest(QUERY, INFO, Within(owner=ada), limit=9) != {}
    assert await nearest(database, index, ada) == set()
