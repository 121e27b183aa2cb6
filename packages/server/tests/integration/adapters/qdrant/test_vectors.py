"""Vectors in Qdrant: its client's in-process store, or a server at `HEARTH_TEST_QDRANT_URL`."""

from __future__ import annotations

import os
import warnings
from collections.abc import AsyncIterator

import pytest
from hearth_kit.ids import uuid7
from hearth_kit.secret import Secret
from hearth_server.adapters.qdrant.vectors import QdrantVectors, collection_name, open_qdrant
from hearth_server.capabilities.knowledge.errors import VectorsDownError
from hearth_server.capabilities.knowledge.model import EmbedderInfo
from hearth_server.capabilities.knowledge.vector_index import Within
from hearth_server.testing.indexes import INFO, check_index, check_strangers
from qdrant_client import AsyncQdrantClient

pytestmark = pytest.mark.integration


@pytest.fixture
async def index() -> AsyncIterator[QdrantVectors]:
    url = os.environ.get("HEARTH_TEST_QDRANT_URL")
    with warnings.catch_warnings():
        # The in-process store says that it makes no use of payload indexes.
        warnings.simplefilter("ignore")
        opened = open_qdrant(url, None) if url else QdrantVectors(AsyncQdrantClient(":memory:"))
        yield opened
        await opened.close()


async def test_index_conforms(index: QdrantVectors) -> None:
    await index.ready()
    await check_index(index)


async def test_strangers_neither_come_nor_crowd_out(index: QdrantVectors) -> None:
    await check_strangers(index)


def test_embedders_do_not_share_a_collection() -> None:
    names = {
        collection_name(EmbedderInfo(name=name, dimension=size, max_tokens=9))
        for name, size in (("a/b", 3), ("a b", 3), ("A/B", 3), ("a/b", 4), ("../x?", 3), ("河", 3))
    }
    assert len(names) == 6
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in names)


async def test_silent_server_is_named() -> None:
    index = open_qdrant("http://127.0.0.1:1", Secret("a-long-key"))
    with pytest.raises(VectorsDownError) as caught:
        await index.nearest((1.0, 0, 0, 0), INFO, Within(owner=uuid7()), limit=1)
    assert str(caught.value) == "qdrant: does not answer as it should"
    assert caught.value.hint == "hearth status qdrant"
    assert "a-long-key" not in repr(caught.value.__cause__)
    await index.close()
