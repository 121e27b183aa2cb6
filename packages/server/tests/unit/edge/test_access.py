"""Callers whom Cloudflare Access proved: whose word counts first, and what a browser must add."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from hearth_kit.clock import ManualClock
from hearth_server.capabilities.identity.errors import AccessKeysError
from hearth_server.capabilities.identity.model import AccessIdentity
from hearth_server.testing.edge import Lab, make_lab

pytestmark = pytest.mark.unit

HEADER = "cf-access-jwt-assertion"
NEXT_DAY = ManualClock().now() + timedelta(days=1)


class Proofs:
    """Knows assertions by heart; what it does not know does not hold."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_down = False

    async def verify(self, assertion: str) -> AccessIdentity | None:
        self.asked += 1
        if self.is_down:
            msg = "access: the keys of Cloudflare Access cannot be fetched now"
            raise AccessKeysError(msg)
        kind, _, name = assertion.partition("=")
        if kind not in {"person", "service"}:
            return None
        email, service = (name, "") if kind == "person" else ("", name)
        return AccessIdentity(email=email, service=service, expires_at=NEXT_DAY)


@pytest.fixture
def proofs() -> Proofs:
    return Proofs()


@pytest.fixture
async def lab(proofs: Proofs) -> Lab:
    return make_lab(access=proofs)


@pytest.fixture
async def ada(lab: Lab) -> AsyncIterator[httpx2.AsyncClient]:
    async with lab.client() as client:
        client.headers[HEADER] = "person=Ada@Example.com"
        yield client


async def test_account_is_made_at_first_sight(lab: Lab, ada: httpx2.AsyncClient) -> None:
    me = (await ada.get("/api/me")).json()
    assert (me["email"], me["kind"], me["role"]) == ("ada@example.com", "access", "user")
    again = (await ada.get("/api/me")).json()
    assert again["user_id"] == me["user_id"]
    assert len(lab.identity.profiles) == 1


async def test_named_address_is_administrator(anybody: httpx2.AsyncClient) -> None:
    me = await anybody.get("/api/me", headers={HEADER: "person=root@example.com"})
    assert me.json()["role"] == "admin"


async def test_service_has_its_own_account(anybody: httpx2.AsyncClient) -> None:
    me = (await anybody.get("/api/me", headers={HEADER: "service=E367.access"})).json()
    assert (me["email"], me["kind"]) == ("service:e367.access", "service")
    assert me["scopes"] == ["act-for", "identity:read"]
    refused = await anybody.post(
        "/api/v1/tools/list_documents", headers={HEADER: "service=E367.access"}
    )
    assert refused.json()["code"] == "scope-missing"


async def test_service_is_no_person_of_its_name(anybody: httpx2.AsyncClient) -> None:
    for name in ("person=service:bot@example.com", "service=bot@example.com"):
        assert (await anybody.get("/api/me", headers={HEADER: name})).status_code == 401


async def test_bad_header_hides_session(lab: Lab, browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/api/me")).status_code == 200
    assert (await browser.get("/api/me", headers={HEADER: "forged"})).status_code == 401


async def test_token_counts_before_assertion(lab: Lab, ada: httpx2.AsyncClient) -> None:
    token = lab.add_token(lab.add_person("eve@example.com"))
    me = await ada.get("/api/me", headers={"authorization": f"Bearer {token}"})
    assert me.json()["email"] == "eve@example.com"
    bad = await ada.get("/api/me", headers={"authorization": "Bearer nonsense"})
    assert bad.status_code == 401


async def test_two_assertions_are_none(anybody: httpx2.AsyncClient) -> None:
    headers = [(HEADER, "person=ada@example.com"), (HEADER, "person=eve@example.com")]
    assert (await anybody.get("/api/me", headers=headers)).status_code == 401


@pytest.mark.parametrize("size", [17_000, 100_000])
async def test_huge_assertion_is_not_read(
    anybody: httpx2.AsyncClient, proofs: Proofs, size: int
) -> None:
    answer = await anybody.get("/api/me", headers={HEADER: "person=" + "a" * size})
    assert answer.status_code in {401, 431}
    assert proofs.asked == 0


async def test_cookie_serves_without_header(anybody: httpx2.AsyncClient) -> None:
    anybody.cookies.set("CF_Authorization", "person=ada@example.com")
    assert (await anybody.get("/api/me")).json()["email"] == "ada@example.com"


async def test_session_counts_before_cookie(browser: httpx2.AsyncClient, proofs: Proofs) -> None:
    me = (await browser.get("/api/me")).json()
    browser.cookies.set("CF_Authorization", "person=eve@example.com")
    assert (await browser.get("/api/me")).json() == me
    assert proofs.asked == 0


async def test_old_cookie_leaves_session(browser: httpx2.AsyncClient) -> None:
    browser.cookies.set("CF_Authorization", "forged")
    assert (await browser.get("/api/me")).status_code == 200


async def test_assertion_is_checked_once_in_a_while(
    lab: Lab, ada: httpx2.AsyncClient, proofs: Proofs
) -> None:
    for _ in range(3):
        await ada.get("/api/me")
    assert proofs.asked == 1
    lab.clock.advance(timedelta(seconds=6))
    await ada.get("/api/me")
    assert proofs.asked == 2


async def test_lost_keys_are_no_refusal(ada: httpx2.AsyncClient, proofs: Proofs) -> None:
    proofs.is_down = True
    answer = await ada.get("/api/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "access-keys")


async def test_change_needs_our_own_page(lab: Lab, ada: httpx2.AsyncClient) -> None:
    """Access adds its proof to whatever a browser sends, lured here or not."""
    body = {"name": "x", "scopes": ["knowledge:read"]}
    bare = await ada.post("/api/me/tokens", json=body)
    assert (bare.status_code, bare.json()["code"]) == (403, "forged-request")
    page = await ada.get("/me", headers={"accept": "text/html"})
    proof = re.search(r'name="csrf-token" content="([0-9a-f]{64})"', page.text)
    assert proof is not None
    ada.headers["x-csrf-token"] = proof[1]
    cross = await ada.post("/api/me/tokens", json=body, headers={"origin": "https://evil.test"})
    assert cross.status_code == 403
    assert (await ada.post("/api/me/tokens", json=body)).status_code == 201


async def test_planted_cookie_gives_no_proof(ada: httpx2.AsyncClient) -> None:
    """A proof made of a session's secret alone could be known to whoever planted that cookie."""
    from hearth_server.capabilities.identity import rules

    planted = "A" * 43
    ada.cookies.set("hearth_session", planted)
    headers = {"x-csrf-token": rules.csrf_token(planted)}
    body = {"name": "x", "scopes": ["knowledge:read"]}
    answer = await ada.post("/api/me/tokens", json=body, headers=headers)
    assert answer.json()["code"] == "forged-request"


async def test_agent_may_come_by_header_not_by_cookie(anybody: httpx2.AsyncClient) -> None:
    listed = await anybody.get("/mcp/tools", headers={HEADER: "person=ada@example.com"})
    assert listed.status_code == 200
    cross = {HEADER: "person=ada@example.com", "origin": "https://evil.test"}
    assert (await anybody.get("/mcp/tools", headers=cross)).status_code == 403
    anybody.cookies.set("CF_Authorization", "person=ada@example.com")
    assert (await anybody.get("/mcp/tools")).status_code == 401


async def test_assertion_counts_for_nothing_unless_told() -> None:
    lab = make_lab()
    async with lab.client() as client:
        answer = await client.get("/api/me", headers={HEADER: "person=ada@example.com"})
        client.cookies.set("CF_Authorization", "person=ada@example.com")
        assert (await client.get("/api/me")).status_code == 401
    assert answer.status_code == 401
    assert lab.identity.profiles == {}
