"""The application over memory, and clients of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from hearth_server.testing.edge import Lab, make_lab


@pytest.fixture
async def lab() -> Lab:
    """Put the application together."""
    return make_lab()


@pytest.fixture
async def anybody(lab: Lab) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a client that proves nothing."""
    async with lab.client() as client:
        yield client


@pytest.fixture
async def agent(lab: Lab) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a client with a token that may do everything."""
    person = lab.add_person("agent@example.com")
    async with lab.client(token=lab.add_token(person)) as client:
        yield client


@pytest.fixture
async def browser(lab: Lab) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a signed-in browser; its proof stands in the header `x-test-csrf` of the client."""
    link = lab.add_link(lab.add_person("ada@example.com"))
    async with lab.client() as client:
        client.headers["accept"] = "text/html"
        done = await client.post("/sign-in", data={"link": link})
        assert done.status_code == 303
        page = await client.get("/me")
        found = re.search(r'name="csrf-token" content="([0-9a-f]{64})"', page.text)
        assert found is not None
        client.headers["x-test-csrf"] = found[1]
        yield client
