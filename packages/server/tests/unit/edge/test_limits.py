"""Limits: who is refused, when they may come again, and what they are told meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from hearth_server.capabilities.identity.model import Limits
from hearth_server.testing.edge import Lab, make_lab

pytestmark = pytest.mark.unit

TIGHT = Limits(per_minute=60, burst=3, per_day=8)


@pytest.fixture
async def lab() -> Lab:
    return make_lab(limits=TIGHT)


@pytest.fixture
async def client(lab: Lab) -> AsyncIterator[httpx2.AsyncClient]:
    async with lab.client(token=lab.add_token(lab.add_person())) as one:
        yield one


async def statuses(client: httpx2.AsyncClient, *paths: str) -> list[int]:
    return [(await client.get(path)).status_code for path in paths]


async def test_too_many_are_refused(lab: Lab, client: httpx2.AsyncClient) -> None:
    assert await statuses(client, *["/api/me"] * 3) == [200] * 3
    refused = await client.get("/api/me")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.json() == {
        "title": "Too Many Requests",
        "status": 429,
        "code": "rate-limited",
        "message": "requests: `ada@example.com` may make 60 a minute, try again in 1 s",
        "hint": "/me",
        "details": {"retry_after_seconds": 1, "per_minute": 60, "burst": 3},
    }
    lab.clock.advance(timedelta(seconds=1))
    assert await statuses(client, "/api/me", "/api/me") == [200, 429]


async def test_every_edge_counts_together(lab: Lab, client: httpx2.AsyncClient) -> None:
    assert await statuses(client, "/api/me", "/mcp/tools", "/documents") == [200] * 3
    assert await statuses(client, "/api/me", "/mcp/tools", "/documents") == [429] * 3
    mcp = await client.post("/mcp", json={})
    assert (mcp.status_code, mcp.headers["retry-after"]) == (429, "1")


async def test_page_says_it_too(client: httpx2.AsyncClient) -> None:
    await statuses(client, *["/documents"] * 3)
    page = await client.get("/documents", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["retry-after"]) == (429, "1")
    assert page.headers["content-type"].startswith("text/html")


async def test_request_counts_once(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/v1/tools/repeat_word", json={"word": "a"})
    assert answer.headers["ratelimit-policy"] == '"minute";q=60;w=60, "day";q=8;w=86400'
    assert answer.headers["ratelimit"] == '"minute";r=2'
    assert (await client.get("/api/me")).headers["ratelimit"] == '"minute";r=1'


async def test_strangers_and_probes_are_not_counted(lab: Lab, client: httpx2.AsyncClient) -> None:
    async with lab.client(token="hearth_nonsense") as stranger:
        answers = [await stranger.get("/api/me") for _ in range(5)]
    assert {each.status_code for each in answers} == {401}
    assert "ratelimit" not in answers[0].headers
    assert await statuses(client, *["/health"] * 9, "/api/me") == [200] * 10


async def test_day_has_an_end(lab: Lab, client: httpx2.AsyncClient) -> None:
    for _ in range(8):
        assert await statuses(client, "/api/me") == [200]
        lab.clock.advance(timedelta(seconds=2))
    refused = await client.get("/api/me")
    assert (refused.status_code, refused.json()["code"]) == (429, "quota-exceeded")
    assert (
        refused.json()["message"] == "requests: `ada@example.com` may make 8 a day, and made them"
    )
    assert refused.headers["retry-after"] == str(24 * 3600 - 16)
    lab.clock.advance(timedelta(days=1))
    assert await statuses(client, "/api/me") == [200]


async def test_person_has_one_limit_for_all_tokens(lab: Lab) -> None:
    ada = lab.add_person()
    async with (
        lab.client(token=lab.add_token(ada, name="one")) as one,
        lab.client(token=lab.add_token(ada, name="two")) as two,
    ):
        assert await statuses(one, "/api/me", "/api/me") == [200, 200]
        assert await statuses(two, "/api/me", "/api/me") == [200, 429]
    async with lab.client(token=lab.add_token(lab.add_person("eve@example.com"))) as other:
        assert await statuses(other, "/api/me") == [200]


async def test_taken_and_not_spent_is_lost() -> None:
    """A process takes a few at a time; what it takes counts, so two processes get no more."""
    lab = make_lab(limits=Limits(per_minute=60, burst=40, per_day=0))
    async with lab.client(token=lab.add_token(lab.add_person())) as client:
        assert await statuses(client, "/api/me") == [200]
        lab.clock.advance(timedelta(seconds=2))
        answer = await client.get("/api/me")
    assert answer.headers["ratelimit"] == '"minute";r=39'


async def test_no_limit_costs_nothing() -> None:
    lab = make_lab()
    async with lab.client(token=lab.add_token(lab.add_person())) as client:
        answer = await client.get("/api/me")
    assert answer.status_code == 200
    assert "ratelimit" not in answer.headers
