"""Vectors in a server that speaks MongoDB's protocol: FerretDB, or `HEARTH_TEST_MONGODB_URL`.

FerretDB has no search engine, so what is proven on it is the exact way; `$vectorSearch` is tried as
text in the unit tests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from hearth_kit.ids import uuid7
from hearth_kit.secret import Secret
from hearth_server.adapters.mongodb.vectors import MongoVectors, open_mongodb
from hearth_server.capabilities.knowledge.errors import VectorsDownError
from hearth_server.capabilities.knowledge.vector_index import Within
from hearth_server.testing.indexes import INFO, check_index, check_strangers
from lab.absent import store_at
from lab.stores import running_ferretdb

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with store_at("HEARTH_TEST_MONGODB_URL", running_ferretdb) as address:
        yield address


@pytest.fixture
async def index(url: str) -> AsyncIterator[MongoVectors]:
    opened = open_mongodb(Secret(url), f"hearth-test-{uuid7()}")
    yield opened
    await opened.close()


async def test_index_conforms(index: MongoVectors) -> None:
    await index.ready()
    await check_index(index)


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


async def test_login_may_stand_beside_the_address() -> None:
    """As the plan hands it over: a password with any letter in it never becomes part of a URL."""
    address = Secret("mongodb://127.0.0.1:1/?directConnection=true")
    index = open_mongodb(address, "hearth", user="hearth", password=Secret("p@ss/w:rd"))
    login = index._client.options.pool_options._credentials
    assert (login.username, login.password, login.source) == ("hearth", "p@ss/w:rd", "admin")
    await index.close()
