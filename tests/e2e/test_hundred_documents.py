"""X must Y: a hundred documents must be taken in by each door once, and answer with their pages.

On either engine: as processes of this machine, and in containers of the images that people run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2
import pytest
from journey import Installation, sign_in
from lab.ports import free_base_port
from library import Paper, papers
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from playwright.sync_api import Page, Route, expect
from standin import model_stand_in

pytestmark = pytest.mark.browser

Result = TypeVar("Result")
TEXTS = (".md", ".txt", ".html")
SETTINGS = """\
PRESET=none
LAMBDA_SERVER_SOURCE={source}
LAMBDA_WORKER_SOURCE={source}
OLLAMA_SOURCE=localhost
LAMBDA_RATE_LIMIT=0
LAMBDA_TOKEN_RATE_LIMIT=0
"""
SOURCES = {"embedded": "embedded", "compose": "container"}
TWICE = 5
"""Documents of each door that come in by another one, too."""


@pytest.fixture
def model() -> Iterator[tuple[str, Callable[[], object]]]:
    """The address of a stand-in for a model, and what ends it."""
    with ExitStack() as stack:
        yield stack.enter_context(model_stand_in()), stack.close


@pytest.fixture(params=["embedded", pytest.param("compose", marks=pytest.mark.docker)])
def installation(
    request: pytest.FixtureRequest, model: tuple[str, Callable[[], object]], tmp_path: Path
) -> Iterator[Installation]:
    """An installation on one engine that asks the stand-in, as a program of this machine."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".env").write_text(
        f"ENGINE={request.param}\nBASE_PORT={free_base_port()}\nOLLAMA_PORT={urlsplit(model[0]).port}\n"
        + SETTINGS.format(source=SOURCES[request.param])
    )
    made = Installation(home=home)
    yield made
    made.run("down", "--delete-data", "--yes")


def make_token(page: Page, base: str) -> str:
    """Make a token as the page's forms do."""
    page.goto(f"{base}/me")
    proof = page.locator('meta[name="csrf-token"]').get_attribute("content")
    answer = page.request.post(
        f"{base}/api/v1/tools/create_api_token",
        data={"name": "test", "scopes": ["knowledge:read", "knowledge:write"]},
        headers={"x-csrf-token": proof or "", "origin": base},
    )
    assert answer.ok, answer.text()
    return str(answer.json()["secret"])


def by_page(page: Page, base: str, chosen: list[Paper], folder: Path) -> None:
    """Put files in as a person does; one connection breaks, and the page sends that file again."""
    page.goto(f"{base}/documents")
    paths = []
    for paper in chosen:
        paths.append(folder / paper.name)
        paths[-1].write_bytes(paper.data)
    broken: list[Route] = []

    def break_first(route: Route) -> None:
        broken.append(route)
        if len(broken) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/v1/documents", break_first)
    page.locator("input[type=file]").set_input_files(paths)
    expect(page.locator("#uploads li")).to_have_count(0, timeout=60_000)
    page.unroute("**/api/v1/documents")


def by_rest(client: httpx2.Client, chosen: list[Paper]) -> None:
    for paper in chosen:
        answer = client.post("/api/v1/documents", files={"files": (paper.name, paper.data)})
        assert answer.status_code in {200, 201}, answer.text


async def by_mcp(base: str, token: str, chosen: list[Paper]) -> None:
    formats = {".md": "markdown", ".txt": "text", ".html": "html"}
    for paper in chosen:
        text_format = formats[Path(paper.name).suffix]
        arguments = {"text": paper.data.decode(), "title": paper.name, "text_format": text_format}
        called = await call(base, token, "ingest_text", arguments)
        assert called["status"] in {"queued", "running", "ready"}


async def call(base: str, token: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        transport = streamable_http_client(f"{base}/mcp", http_client=http)
        async with Client(transport) as client:
            called = await client.call_tool(tool, arguments)
    assert not called.is_error, called.content
    return dict(called.structured_content or {})


def elsewhere(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run what is asynchronous beside the browser, whose loop runs here."""

    async def whole() -> Result:
        return await work()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(whole())).result(120)


def all_states(client: httpx2.Client) -> list[dict[str, Any]]:
    answer = client.post("/api/v1/tools/list_documents", json={"limit": 200})
    return list(answer.json()["documents"])


def until_all_ended(client: httpx2.Client) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        states = all_states(client)
        if all(each["status"] in {"ready", "failed"} for each in states):
            return states
        time.sleep(0.5)
    raise AssertionError([each["title"] for each in states if each["status"] != "ready"])


def faults_of(installation: Installation) -> str:
    """Give what the worker wrote of what it did not expect."""
    said = installation.run("logs", "lambda-worker", "--tail", "5000").stdout
    return "\n".join(line for line in said.splitlines() if "ERROR" in line)


def check_answer(answer: dict[str, Any], paper: Paper) -> None:
    """See that each sentence stands on the paper, on the right page."""
    assert answer["outcome"] == "answered", (paper.name, answer["note"])
    assert paper.answer in answer["text"], (paper.name, answer["text"])
    (statement,) = answer["statements"]
    assert statement["support"] == "supported", paper.name
    by_number = {each["number"]: each for each in answer["sources"]}
    for number in statement["sources"]:
        source = by_number[number]
        assert source["title"] == paper.name
        assert source["page"] == (paper.page or None)


@pytest.mark.timeout(600)
def test_hundred_documents_go_in_and_answer(
    installation: Installation,
    model: tuple[str, Callable[[], object]],
    page: Page,
    tmp_path: Path,
) -> None:
    installation.must("up", "--yes", timeout_seconds=500)
    url = installation.sign_in_url()
    base = f"http://{urlsplit(url).netloc}"
    sign_in(page, url)
    token = make_token(page, base)
    everything = papers()
    texts = [paper for paper in everything if Path(paper.name).suffix in TEXTS][:33]
    files = [paper for paper in everything if paper not in texts]
    through_page, through_rest = files[:34], files[34:]
    by_page(page, base, [*through_page, *texts[:TWICE]], tmp_path)
    headers = {"authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=base, headers=headers, timeout=60) as client:
        by_rest(client, [*through_rest, *through_page[:TWICE]])
        elsewhere(lambda: by_mcp(base, token, texts))
        states = until_all_ended(client)
        reasons = [(each["title"], each["reason"]) for each in states if each["reason"]]
        assert reasons == [], faults_of(installation)
        assert sorted(each["title"] for each in states) == sorted(each.name for each in everything)

        asked = [paper for paper in everything if paper.question]
        for paper in asked[::4]:
            check_answer(
                client.post("/api/v1/rag/agent", json={"query": paper.question}).json(), paper
            )
        check_answer(
            elsewhere(lambda: call(base, token, "agent_query", {"query": asked[1].question})),
            asked[1],
        )
        unknown = {"query": "When was the harbour of Xyzzyport dredged by moonlight?"}
        nothing = client.post("/api/v1/rag/agent", json=unknown).json()
        assert (nothing["outcome"], nothing["text"]) == ("nothing_found", "")

        on_page = next(paper for paper in asked if paper.name.endswith(".pdf") and paper.page > 1)
        page.goto(f"{base}/ask")
        page.get_by_label("Your question").fill(on_page.question)
        page.get_by_role("button", name="Ask").click()
        expect(page.locator("#live")).to_have_text("The answer is complete", timeout=30_000)
        expect(page.locator("#answered .answer")).to_contain_text(on_page.answer)
        page.get_by_role("link", name=f"{on_page.name}, page {on_page.page}").first.click()
        expect(page.locator(".passage:target")).to_contain_text(on_page.answer)

        model[1]()
        without = client.post("/api/v1/rag/agent", json={"query": on_page.question}).json()
    assert (without["outcome"], without["text"]) == ("model_failed", "")
    assert "does not answer" in without["note"]
    assert without["sources"][0]["title"] == on_page.name
    assert without["sources"][0]["page"] == on_page.page
