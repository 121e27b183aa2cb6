"""A service acts for a person: by a code of theirs, by its own link, within what they allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hearth_server.testing.edge import Lab

pytestmark = pytest.mark.unit


@dataclass(slots=True)
class Pair:
    """Ada, and a bot of an administrator's that may act for those who let it."""

    ada: httpx2.AsyncClient
    bot: httpx2.AsyncClient
    link: dict[str, str]


async def make_code(person: httpx2.AsyncClient, *scopes: str) -> str:
    made = await person.post("/api/me/link-codes", json={"scopes": scopes or ["knowledge:read"]})
    assert made.status_code == 201, made.text
    return str(made.json()["code"])


@pytest.fixture
async def pair(lab: Lab) -> Any:
    ada = lab.add_person("ada@example.com")
    root = lab.add_person("root@example.com")
    token = lab.add_token(root, "act-for", "knowledge:read", "knowledge:write", name="bot")
    async with lab.client(token=lab.add_token(ada)) as hers, lab.client(token=token) as bot:
        code = await make_code(hers, "knowledge:read", "identity:read")
        made = await bot.post("/api/v1/links", json={"code": code})
        assert (made.status_code, made.json()["email"]) == (201, "ada@example.com")
        yield Pair(ada=hers, bot=bot, link={"x-hearth-link": made.json()["id"]})


async def test_service_acts_for_the_person(pair: Pair) -> None:
    await pair.ada.post("/api/v1/documents", files={"files": ("hers.txt", b"a")})
    own = await pair.bot.post("/api/v1/tools/list_documents")
    hers = await pair.bot.post("/api/v1/tools/list_documents", headers=pair.link)
    assert (own.json()["total"], hers.json()["total"]) == (0, 1)
    me = (await pair.bot.get("/api/me", headers=pair.link)).json()
    assert (me["email"], me["kind"], me["name"]) == ("ada@example.com", "link", "bot")


async def test_service_may_no_more_than_was_allowed(pair: Pair) -> None:
    upload = await pair.bot.post(
        "/api/v1/documents", files={"files": ("a.txt", b"a")}, headers=pair.link
    )
    assert (upload.status_code, upload.json()["code"]) == (403, "scope-missing")


async def test_code_works_once(lab: Lab, pair: Pair) -> None:
    code = await make_code(pair.ada)
    first = await pair.bot.post("/api/v1/links", json={"code": code})
    again = await pair.bot.post("/api/v1/links", json={"code": code})
    assert first.json()["id"] == pair.link["x-hearth-link"]
    assert (again.status_code, again.json()["message"]) == (403, "code: it was used already")


async def test_code_is_read_as_people_type(pair: Pair) -> None:
    code = (await make_code(pair.ada)).lower().replace("0", "o").replace("1", "l")
    made = await pair.bot.post("/api/v1/links", json={"code": f" {code.replace('-', ' ')} "})
    assert made.status_code == 201


async def test_code_expires(lab: Lab, pair: Pair) -> None:
    code = await make_code(pair.ada)
    lab.clock.advance(timedelta(minutes=10))
    answer = await pair.bot.post("/api/v1/links", json={"code": code})
    assert (answer.status_code, answer.json()["message"]) == (403, "code: it has expired")


@pytest.mark.parametrize("code", ["", "00000-00000", "A" * 1000, "no code", "héllo-wörld"])
async def test_invented_code_is_refused(pair: Pair, code: str) -> None:
    answer = await pair.bot.post("/api/v1/links", json={"code": code})
    assert (answer.status_code, answer.json()["code"]) == (403, "link-code")


async def test_person_is_named_by_no_request(lab: Lab, pair: Pair) -> None:
    """An address or an id in a request lets nobody act for that person."""
    ada = next(iter(lab.identity.profiles))
    for value in ("ada@example.com", str(ada), "", "x" * 500):
        answer = await pair.bot.get("/api/me", headers={"x-hearth-link": value})
        assert (answer.status_code, answer.json()["code"]) == (403, "not-linked")


async def test_link_is_its_services_own(lab: Lab, pair: Pair) -> None:
    root = next(
        each.person for each in lab.identity.profiles.values() if "root" in each.person.email
    )
    for owner, name in ((root, "other bot"), (lab.add_person("eve@example.com"), "bot")):
        token = lab.add_token(owner, "act-for", "identity:read", name=name)
        async with lab.client(token=token) as other:
            answer = await other.get("/api/me", headers=pair.link)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-linked")


async def test_link_needs_its_scope(lab: Lab, pair: Pair) -> None:
    async with lab.client(token=lab.add_token(lab.add_person(), "identity:read")) as plain:
        answer = await plain.get("/api/me", headers=pair.link)
        redeem = await plain.post("/api/v1/links", json={"code": await make_code(pair.ada)})
    assert (answer.status_code, answer.json()["details"]) == (403, {"scope": "act-for"})
    assert redeem.json()["code"] == "scope-missing"


async def test_session_cannot_name_a_link(pair: Pair, browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/api/me", headers={**pair.link, "accept": "application/json"})
    assert answer.status_code == 403


async def test_two_links_are_none(pair: Pair) -> None:
    headers = [("x-hearth-link", pair.link["x-hearth-link"])] * 2
    assert (await pair.bot.get("/api/me", headers=headers)).status_code == 403


async def test_revoked_link_is_refused_at_once(pair: Pair) -> None:
    assert (await pair.bot.get("/api/me", headers=pair.link)).status_code == 200
    gone = await pair.ada.delete(f"/api/me/links/{pair.link['x-hearth-link']}")
    assert gone.status_code == 204
    assert (await pair.bot.get("/api/me", headers=pair.link)).json()["code"] == "not-linked"
    assert (await pair.ada.get("/api/me/links")).json() == []


async def test_only_the_person_revokes(lab: Lab, pair: Pair) -> None:
    async with lab.client(token=lab.add_token(lab.add_person("eve@example.com"))) as eve:
        answer = await eve.delete(f"/api/me/links/{pair.link['x-hearth-link']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "link-not-found")
    assert (await pair.bot.get("/api/me", headers=pair.link)).status_code == 200


@pytest.mark.parametrize("scope", ["tokens:write", "links:write", "act-for"])
async def test_no_further_way_in_is_handed_on(pair: Pair, scope: str) -> None:
    answer = await pair.ada.post("/api/me/link-codes", json={"scopes": [scope]})
    assert (answer.status_code, answer.json()["code"]) == (400, "identity-input")


async def test_code_hands_on_what_is_held(lab: Lab) -> None:
    token = lab.add_token(lab.add_person(), "links:write", "knowledge:read")
    async with lab.client(token=token) as client:
        body = {"scopes": ["knowledge:write"]}
        answer = await client.post("/api/me/link-codes", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-exceeded")


async def test_acts_are_noted_for_the_person(pair: Pair) -> None:
    await pair.bot.post("/api/v1/tools/list_documents", headers=pair.link)
    await pair.bot.post("/api/v1/tools/list_documents")
    await pair.ada.delete(f"/api/me/links/{pair.link['x-hearth-link']}")
    events = (await pair.ada.get("/api/me/events")).json()
    assert [(each["event"], each["by"], each["detail"]) for each in events] == [
        ("unlinked", "bot", ""),
        ("called", "bot", "list_documents"),
        ("linked", "bot", "identity:read knowledge:read"),
    ]


async def test_what_cannot_be_noted_is_not_done(
    lab: Lab, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hearth_kit.errors import UnavailableError
    from hearth_server.adapters.memory.links import MemoryLinks

    async def is_down(*_: object, **__: object) -> None:
        msg = "postgres: does not answer"
        raise UnavailableError(msg)

    monkeypatch.setattr(MemoryLinks, "note", is_down)
    acting = await pair.bot.post("/api/v1/tools/list_documents", headers=pair.link)
    own = await pair.bot.post("/api/v1/tools/list_documents")
    assert (acting.status_code, own.status_code) == (503, 200)


async def test_code_is_kept_nowhere(lab: Lab, pair: Pair) -> None:
    code = await make_code(pair.ada)
    assert code not in str(lab.links) + str(lab.identity)
