"""Pages: useful without script, safe with hostile names, each form proved."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import httpx2
import pytest
from hearth_kit.errors import UnavailableError
from hearth_server.adapters.memory.identity import MemoryIdentity
from hearth_server.capabilities.knowledge.model import Visibility
from hearth_server.edge.pages.render import prose, size
from hearth_server.edge.pages.search import pieces_of
from hearth_server.testing.edge import Lab

pytestmark = pytest.mark.unit

HOSTILE = '<script>alert("x")</script>.txt'


async def upload(browser: httpx2.AsyncClient, name: str = "a.txt", data: bytes = b"one") -> None:
    proof = {"csrf": browser.headers["x-test-csrf"]}
    await browser.post("/documents", data=proof, files={"files": (name, data, "text/plain")})


def document_id(lab: Lab) -> str:
    return str(next(iter(lab.files.kept)))


class Checker(HTMLParser):
    """Notes what a page must not have, or must."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.labels: set[str] = set()
        self.inputs: list[str] = []
        self.forms = 0
        self.proofs = 0
        self.headings = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in given:
            if name.startswith("on") or name == "style":
                self.faults.append(f"{tag} {name}")
        if tag == "script" and "src" not in given:
            self.faults.append("inline script")
        for name in ("src", "href", "action"):
            if (given.get(name) or "").startswith(("http:", "https:", "//", "javascript:")):
                self.faults.append(f"{tag} {name} leads out")
        if tag == "label" and given.get("for"):
            self.labels.add(str(given["for"]))
        if tag in {"input", "select", "textarea"} and given.get("id"):
            self.inputs.append(str(given["id"]))
        self.forms += tag == "form" and given.get("method") == "post"
        self.proofs += tag == "input" and given.get("name") == "csrf"
        self.headings += tag == "h1"


PAGES = [
    "/",
    "/documents",
    "/search",
    "/graph",
    "/tools",
    "/tools/repeat_word",
    "/me",
    "/docs",
    "/sign-in",
]


@pytest.mark.parametrize("path", PAGES)
async def test_page_is_sound(browser: httpx2.AsyncClient, lab: Lab, path: str) -> None:
    await upload(browser, HOSTILE)
    answer = await browser.get(path)
    checker = Checker()
    checker.feed(answer.text)
    assert answer.status_code == 200
    assert checker.faults == []
    assert set(checker.inputs) <= checker.labels
    assert checker.forms == checker.proofs
    assert checker.headings == 1
    assert '<html lang="en">' in answer.text
    assert "<script>alert" not in answer.text


async def test_hostile_name_is_escaped(browser: httpx2.AsyncClient, lab: Lab) -> None:
    await upload(browser, HOSTILE)
    one = f"/documents/{document_id(lab)}"
    for path in ("/documents", one, f"{one}/row", f"{one}/delete"):
        text = (await browser.get(path)).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


async def test_document_shows_passages(browser: httpx2.AsyncClient, lab: Lab) -> None:
    await upload(browser, data=b"the garlic is planted in October")
    text = (await browser.get(f"/documents/{document_id(lab)}?from=0")).text
    assert 'id="p-0"' in text
    assert 'id="page-1"' in text
    assert "the garlic is planted in October" in text
    assert f"/api/v1/documents/{document_id(lab)}/original" in text


async def test_delete_asks_first(browser: httpx2.AsyncClient, lab: Lab) -> None:
    await upload(browser)
    path = f"/documents/{document_id(lab)}/delete"
    assert "Delete this document?" in (await browser.get(path)).text
    assert (await browser.post(path)).status_code == 403
    assert len(lab.files.kept) == 1
    done = await browser.post(path, data={"csrf": browser.headers["x-test-csrf"]})
    assert done.headers["location"] == "/documents"
    assert lab.files.kept == {}


async def test_others_document_is_not_found(browser: httpx2.AsyncClient, lab: Lab) -> None:
    await upload(browser)
    link = lab.add_link(lab.add_person("eve@example.com"), seed=9)
    async with lab.client() as eve:
        eve.headers["accept"] = "text/html"
        await eve.post("/sign-in", data={"link": link})
        for tail in ("", "/row", "/delete"):
            answer = await eve.get(f"/documents/{document_id(lab)}{tail}")
            assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/documents/x", "/documents/%00", "/nowhere", "/tools/nothing"])
async def test_missing_page_is_page(browser: httpx2.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "Not Found" in answer.text


async def test_crash_is_page(browser: httpx2.AsyncClient) -> None:
    sent = {"csrf": browser.headers["x-test-csrf"], "how": "crash"}
    answer = await browser.post("/tools/break_down", data=sent)
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")
    assert "12345" not in answer.text


async def test_form_calls_tool(browser: httpx2.AsyncClient) -> None:
    sent = {"csrf": browser.headers["x-test-csrf"], "word": "<hi>", "times": "2"}
    answer = await browser.post("/tools/repeat_word", data=sent)
    assert answer.status_code == 200
    assert "&#34;&lt;hi&gt; &lt;hi&gt;&#34;" in answer.text


async def test_form_says_what_is_wrong(browser: httpx2.AsyncClient) -> None:
    sent = {"csrf": browser.headers["x-test-csrf"], "word": "hi", "times": "9"}
    answer = await browser.post("/tools/repeat_word", data=sent)
    assert answer.status_code == 422
    assert 'id="e-times">should be less than or equal to 3' in answer.text
    assert 'value="hi"' in answer.text


async def test_destroying_asks(browser: httpx2.AsyncClient, lab: Lab) -> None:
    await upload(browser)
    sent = {"csrf": browser.headers["x-test-csrf"], "document_id": document_id(lab)}
    refused = await browser.post("/tools/delete_document", data=sent)
    assert refused.status_code == 422
    assert len(lab.files.kept) == 1
    done = await browser.post("/tools/delete_document", data=sent | {"confirm:": "yes"})
    assert done.status_code == 200
    assert lab.files.kept == {}


async def test_token_is_shown_once(browser: httpx2.AsyncClient, lab: Lab) -> None:
    sent = {
        "csrf": browser.headers["x-test-csrf"],
        "name": "laptop",
        "scopes": ["knowledge:read", "identity:read"],
        "expires_in_days": "7",
    }
    page = await browser.post("/me/tokens", data=sent)
    found = re.search(r'id="secret">(hearth_\w+)<', page.text)
    assert found is not None
    assert found[1] not in (await browser.get("/me")).text
    async with lab.client(token=found[1]) as laptop:
        assert (await laptop.get("/api/me")).json()["name"] == "laptop"
    token_id = next(iter(lab.identity.tokens))
    proof = {"csrf": browser.headers["x-test-csrf"]}
    gone = await browser.post(f"/me/tokens/{token_id}/revoke", data=proof)
    assert gone.headers["location"] == "/me"
    assert lab.identity.tokens == {}


async def test_token_needs_scope(browser: httpx2.AsyncClient) -> None:
    sent = {"csrf": browser.headers["x-test-csrf"], "name": "laptop"}
    page = await browser.post("/me/tokens", data=sent)
    assert page.status_code == 400
    assert "scopes: expected at least one, found none" in page.text


async def test_static_files_are_kept(anybody: httpx2.AsyncClient) -> None:
    page = (await anybody.get("/sign-in")).text
    found = re.search(r'href="(/static/hearth\.css\?v=\w+)"', page)
    assert found is not None
    style = await anybody.get(found[1])
    assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert style.headers["content-type"].startswith("text/css")
    assert (await anybody.get("/static/..%2frender.py")).status_code == 404
    assert (await anybody.get("/static/nothing.css")).status_code == 404


def test_code_is_set_apart() -> None:
    assert prose("use `a<b`, not c") == "use <code>a&lt;b</code>, not c"
    assert prose("one ` alone <") == "one ` alone &lt;"


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (5 * 10**8, "500 MB")]
)
def test_sizes_are_read(value: int, text: str) -> None:
    assert size(value) == text


def test_matches_are_cut_out() -> None:
    pieces = pieces_of("the garlic grows", [{"start": 4, "end": 10}])
    assert [(each.text, each.is_match) for each in pieces] == [
        ("the ", False),
        ("garlic", True),
        (" grows", False),
    ]


async def test_lost_store_still_answers(
    browser: httpx2.AsyncClient, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_down(*_: object, **__: object) -> None:
        msg = "postgres: does not answer"
        raise UnavailableError(msg)

    monkeypatch.setattr(MemoryIdentity, "find_session", is_down)
    lab.clock.advance(timedelta(minutes=1))  # past what is remembered of the session
    missing = await browser.get("/nowhere")
    assert (missing.status_code, "Not Found" in missing.text) == (404, True)
    lost = await browser.get("/documents")
    assert (lost.status_code, "postgres: does not answer" in lost.text) == (503, True)
    assert (await browser.get("/docs")).status_code == 200


async def test_code_is_made_on_the_page(lab: Lab, browser: httpx2.AsyncClient) -> None:
    form = {"csrf": browser.headers["x-test-csrf"], "scopes": ["knowledge:read"]}
    page = await browser.post("/me/link-codes", data=form)
    code = re.search(r'<code id="code">([0-9A-Z]{5}-[0-9A-Z]{5})</code>', page.text)
    assert code is not None
    service = lab.add_token(lab.add_person("root@example.com"), "act-for", name="chat <b>bot")
    async with lab.client(token=service) as bot:
        made = await bot.post("/api/v1/links", json={"code": code[1]})
        assert made.status_code == 201
        listed = (await browser.get("/me")).text
        assert "chat &lt;b&gt;bot" in listed
        unlink = f"/me/links/{made.json()['id']}/revoke"
        assert (await browser.post(unlink, data={})).status_code == 403
        assert (await browser.post(unlink, data=form)).status_code == 303
        acting = await bot.get("/api/me", headers={"x-hearth-link": made.json()["id"]})
    assert acting.json()["code"] == "not-linked"


async def test_nothing_chosen_is_told_on_the_page(browser: httpx2.AsyncClient) -> None:
    page = await browser.post("/me/link-codes", data={"csrf": browser.headers["x-test-csrf"]})
    assert (page.status_code, "expected at least one, found none" in page.text) == (400, True)


async def test_link_fills_a_form_in_and_does_nothing(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/tools/repeat_word", params={"word": '"><script>x</script>'})
    assert page.status_code == 200
    assert 'value="&#34;&gt;&lt;script&gt;x&lt;/script&gt;"' in page.text
    assert "<script>x" not in page.text


async def test_document_of_another_offers_no_change(lab: Lab, browser: httpx2.AsyncClient) -> None:
    await upload(browser)
    ((key, (owner, document, data)),) = lab.files.kept.items()
    shared = replace(document, shared_by="bob@example.org", visibility=Visibility.PEOPLE)
    for each, is_own in ((document, True), (shared, False)):
        lab.files.kept[key] = (owner, each, data)
        page = await browser.get(f"/documents/{key}")
        assert (f"/documents/{key}/delete" in page.text) is is_own
        assert ("share_document" in page.text) is is_own
        assert ("shared by bob@example.org" in page.text) is not is_own
