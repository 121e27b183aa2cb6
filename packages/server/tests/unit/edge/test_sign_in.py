"""Links, sessions, cookies, forged requests."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
from hearth_server.testing.edge import Lab, make_lab

pytestmark = pytest.mark.unit


async def test_stranger_is_sent_to_sign_in(anybody: httpx2.AsyncClient) -> None:
    answer = await anybody.get("/documents?text=a", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fdocuments%3Ftext%3Da"


async def test_opening_link_uses_nothing(lab: Lab, anybody: httpx2.AsyncClient) -> None:
    link = lab.add_link(lab.add_person())
    for _ in range(2):
        page = await anybody.get(f"/sign-in?link={link}")
        assert f'value="{link}"' in page.text
    assert "set-cookie" not in page.headers
    assert (await anybody.post("/sign-in", data={"link": link})).status_code == 303


async def test_session_cookie_is_closed(lab: Lab, anybody: httpx2.AsyncClient) -> None:
    link = lab.add_link(lab.add_person())
    answer = await anybody.post("/sign-in", data={"link": link, "next": "/me"})
    cookie = answer.headers["set-cookie"]
    assert answer.headers["location"] == "/me"
    assert cookie.startswith("hearth_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


async def test_https_cookie_is_secure() -> None:
    lab = make_lab(base_url="https://hearth.test")
    link = lab.add_link(lab.add_person())
    async with lab.client() as client:
        answer = await client.post("/sign-in", data={"link": link})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-hearth_session=")
    assert "Secure" in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_second_use_is_refused(lab: Lab, anybody: httpx2.AsyncClient) -> None:
    link = lab.add_link(lab.add_person())
    await anybody.post("/sign-in", data={"link": link})
    answer = await anybody.post("/sign-in", data={"link": link})
    assert answer.status_code == 403
    assert "sign-in link: it was used already" in answer.text


async def test_expired_link_is_refused(lab: Lab, anybody: httpx2.AsyncClient) -> None:
    link = lab.add_link(lab.add_person())
    lab.clock.advance(timedelta(minutes=31))
    answer = await anybody.post("/sign-in", data={"link": link})
    assert answer.status_code == 403
    assert "sign-in link: it has expired" in answer.text


@pytest.mark.parametrize("link", ["", "x", "A" * 43, "A" * 100_000, "\x00", "é"])
async def test_unknown_link_is_refused(anybody: httpx2.AsyncClient, link: str) -> None:
    answer = await anybody.post("/sign-in", data={"link": link})
    assert answer.status_code == 403
    assert "sign-in link: no such link was made here" in answer.text
    assert "set-cookie" not in answer.headers


async def test_session_expires(lab: Lab, browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/me")).status_code == 200
    lab.clock.advance(timedelta(days=31))
    assert (await browser.get("/me")).status_code == 303


async def test_sign_in_rotates_session(lab: Lab, browser: httpx2.AsyncClient) -> None:
    old = browser.cookies["hearth_session"]
    link = lab.add_link(lab.add_person("eve@example.com"), seed=2)
    await browser.post("/sign-in", data={"link": link})
    assert browser.cookies["hearth_session"] != old
    assert len(lab.identity.sessions) == 1


async def test_sign_out_ends_session(lab: Lab, browser: httpx2.AsyncClient) -> None:
    session = browser.cookies["hearth_session"]
    answer = await browser.post("/sign-out", data={"csrf": browser.headers["x-test-csrf"]})
    assert answer.headers["location"] == "/sign-in"
    assert lab.identity.sessions == {}
    stolen = await browser.get("/me", headers={"cookie": f"hearth_session={session}"})
    assert stolen.status_code == 303


async def test_sign_in_from_elsewhere_is_refused(lab: Lab, anybody: httpx2.AsyncClient) -> None:
    link = lab.add_link(lab.add_person())
    answer = await anybody.post(
        "/sign-in",
        data={"link": link},
        headers={"origin": "https://evil.test", "accept": "text/html"},
    )
    assert answer.status_code == 403
    problem = (await anybody.get("/api/me")).json()
    assert "request: it comes from another site" in answer.text
    assert problem["code"] == "not-signed-in"


@pytest.mark.parametrize(
    "onward", ["//evil.test", "https://evil.test", "/\\evil.test", "/\nSet-Cookie: a=b", ""]
)
async def test_onward_stays_here(lab: Lab, anybody: httpx2.AsyncClient, onward: str) -> None:
    link = lab.add_link(lab.add_person())
    answer = await anybody.post("/sign-in", data={"link": link, "next": onward})
    assert answer.headers["location"] == "/"


FORGED = {
    "no proof": {},
    "wrong proof": {"x-csrf-token": "0" * 64},
    "other site": {"origin": "https://evil.test"},
    "fetch metadata": {"sec-fetch-site": "cross-site"},
    "opaque origin": {"origin": "null"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
async def test_forged_call_is_refused(
    lab: Lab, browser: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    proof = {"x-csrf-token": browser.headers["x-test-csrf"]} if headers else {}
    answer = await browser.post(
        "/api/v1/tools/repeat_word", json={"word": "a"}, headers=proof | headers
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "forged-request"


async def test_own_page_may_call(browser: httpx2.AsyncClient) -> None:
    answer = await browser.post(
        "/api/v1/tools/repeat_word",
        json={"word": "a"},
        headers={
            "x-csrf-token": browser.headers["x-test-csrf"],
            "origin": "http://hearth.test",
            "sec-fetch-site": "same-origin",
        },
    )
    assert (answer.status_code, answer.json()) == (200, "a")


async def test_other_sessions_proof_is_refused(lab: Lab, browser: httpx2.AsyncClient) -> None:
    link = lab.add_link(lab.add_person("eve@example.com"), seed=3)
    async with lab.client() as eve:
        await eve.post("/sign-in", data={"link": link})
        answer = await eve.post("/sign-out", data={"csrf": browser.headers["x-test-csrf"]})
    assert answer.status_code == 403
