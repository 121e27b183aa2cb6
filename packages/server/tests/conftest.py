"""A real database for every test that asks for one, and nothing for those that do not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from hearth_server.adapters.postgres.pool import Database
from hearth_server.testing.postgres import Postgres, Urls, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run one server for the whole session."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def urls(postgres: Postgres) -> Iterator[Urls]:
    """Give this test a migrated database of its own."""
    made = postgres.create()
    yield made
    postgres.drop(made)


@pytest.fixture
async def database(urls: Urls) -> AsyncIterator[Database]:
    """Open a pool of the application's role on this test's database."""
    opened = Database(urls.app)
    await opened.open()
    yield opened
    await opened.close()
