"""Vectors in a server that speaks MongoDB's protocol, at `HEARTH_TEST_MONGODB_URL`.

docs/guides/stores.md says how to have FerretDB from the Go module proxy. It has no search engine,
so what is proven on it is the exact way; `$vectorSearch` is tried as text in the unit tests.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hearth_kit.ids import uuid7
from hearth_kit.secret import Secret
from hearth_server.adapters.mongodb.vectors import MongoVectors, open_mongodb
from hearth_server.capabilities.knowledge.errors import VectorsDownError
from hearth_server.capabilities.knowledge.vector_index import Within
from hearth_server.testing.indexes import INFO, check_index, check_strangers

pytestmark = pytest.mark.integration

URL = os.environ.get("HEARTH_TEST_MONGODB_URL", "")
real = pytest.mark.skipif(not URL, reason="needs MongoDB: set HEARTH_TEST_MONGODB_URL")


@pytest.fixture
async def index() -> AsyncIterator[MongoVectors]:
    opened = open_mongodb(Secret(URL), f"hearth-test-{uuid7()}")
    yield opened
    await opened.close()


@real
async def test_index_conforms(index: MongoVectors) -> None:
    await index.ready()
    await check_index(index)


@real
async def test_strangers_neither_come_nor_crowd_out(index: MongoVectors) -> None:
    await check_strangers(index)


async def test_silent_server_is_named() -> None:
    address = "mongodb://hearth:a-long-password@127.0.0.1:1/"
    index = open_mongodb(Secret(address), "hearth", patience=timedelta(milliseconds=300))
    with pytest.raises(VectorsDownError) as caught:
        await index.nearest((1.0, 0, 0, 0), INFO, Within(owner=uuid7()), limit=1)
    assert str(caught.value) == "mongodb: does not answer as it should"
    assert caught.value.hint == "hearth status mongodb"
    assert "a-long-password" not in repr(caught.value.__cause__)
    await index.close()
