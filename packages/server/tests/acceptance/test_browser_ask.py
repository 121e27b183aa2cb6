"""Questions in a real browser, over a model that speaks the protocol; every page by axe's rules."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

if TYPE_CHECKING:
    from conftest import Deployment

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.browser,
    pytest.mark.skipif(
        not (shutil.which("chromium") or shutil.which("google-chrome")),
        reason="no Chromium here: apt-get install chromium",
    ),
]

BREAD = "# Bread\n\n## Baking\n\nBake at 240 degrees for twenty minutes with steam.\n"
SAID = "Bake at 240 degrees with steam [1]. Sprinkle dragon scales over the crust afterwards [1]."


class Model(BaseHTTPRequestHandler):
    """Says `SAID`, a word at a time; waits in the middle until `go_on` is set."""

    protocol_version = "HTTP/1.1"
    go_on: ClassVar[threading.Event] = threading.Event()
    was_left: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        body = json.dumps({"data": [{"id": "tiny"}]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        try:
            for number, word in enumerate(SAID.split(" ")):
                if number == 4:
                    self.wait()
                self.say({"content": word + " "}, None)
            self.say({}, "stop")
        except OSError:
            self.was_left.set()
        self.close_connection = True

    def wait(self) -> None:
        """Write what says nothing, so that a closed connection is noticed."""
        ends = time.monotonic() + 20
        while not self.go_on.is_set() and time.monotonic() < ends:
            self.wfile.write(b": thinking\n\n")
            time.sleep(0.05)

    def say(self, delta: dict[str, str], reason: str | None) -> None:
        event = {"choices": [{"delta": delta, "finish_reason": reason}]}
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def model(deployment: Deployment) -> Iterator[type[Model]]:
    """Have a deployment ask this model; goes before `page`, which starts it."""
    Model.go_on, Model.was_left = threading.Event(), threading.Event()
    service = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=service.serve_forever, args=(0.02,))
    thread.start()
    deployment.environment["HEARTH_LLM_URL"] = f"http://127.0.0.1:{service.server_port}"
    yield Model
    Model.go_on.set()
    service.shutdown()
    service.server_close()
    thread.join()


def put_in(page: playwright.Page, folder: Path) -> None:
    bread = folder / "bread.md"
    bread.write_text(BREAD)
    page.goto("/documents")
    page.set_input_files("#files", str(bread))
    row = page.locator("[data-document]", has_text="bread.md")
    playwright.expect(row.get_by_text("Ready", exact=True)).to_be_visible()


def test_answer_appears_as_it_is_written(
    model: type[Model], page: playwright.Page, tmp_path: Path
) -> None:
    put_in(page, tmp_path)
    page.goto("/")
    page.get_by_role("searchbox").fill("How hot is bread baked?")
    page.get_by_role("button", name="Ask").click()
    playwright.expect(page.get_by_label("Your question")).to_have_value("How hot is bread baked?")
    page.get_by_role("button", name="Ask").click()
    writing = page.locator("#answered .answer")
    playwright.expect(writing).to_have_text("Bake at 240 degrees")
    playwright.expect(page.get_by_role("button", name="Stop")).to_be_visible()
    model.go_on.set()
    playwright.expect(page.locator("#live")).to_have_text("The answer is complete")
    playwright.expect(page.locator(".doubt")).to_contain_text("dragon scales")
    playwright.expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    page.get_by_role("link", name=re.compile("^Source 1: bread.md")).click()
    passage = page.locator(".passage:target")
    playwright.expect(passage).to_contain_text("240 degrees")


def test_left_out_is_told_with_its_reason(page: playwright.Page, tmp_path: Path) -> None:
    loaves = [tmp_path / f"loaf-{number}.txt" for number in range(12)]
    for loaf in loaves:
        loaf.write_text(f"Bread of the kind {loaf.stem}.")
    page.goto("/documents")
    page.set_input_files("#files", [str(each) for each in loaves])
    ready = page.locator("[data-document]").get_by_text("Ready", exact=True)
    playwright.expect(ready).to_have_count(12, timeout=30_000)
    page.goto("/search?q=bread&since=2020-01-01")
    playwright.expect(page.get_by_label("Since")).to_have_value("2020-01-01")
    note = page.get_by_text("Words were compared by their spelling")
    playwright.expect(note).to_contain_text("hearth models use")
    page.get_by_text("Left out, and why").click()
    row = page.get_by_role("region", name="left out").get_by_role("row").nth(1)
    playwright.expect(row).to_contain_text("stands at place 11, and 10 were asked for")
    page.get_by_label("Before").fill("2020-02-01")
    page.get_by_role("button", name="Search").click()
    playwright.expect(page.locator(".hits li")).to_have_count(0)


def test_graph_is_walked_by_its_picture(page: playwright.Page) -> None:
    relation = {"Subject label": "person", "Subject": "Ada", "Relation": "works on"}
    for name in ("Hearth", "Kiln"):
        page.goto("/tools/add_relation")
        for label, value in {**relation, "Object label": "project", "Object name": name}.items():
            page.get_by_label(re.compile(f"^{label}( \\*)?$")).fill(value)
        page.get_by_role("button").filter(has_text="Add a relation").click()
    page.goto("/graph")
    page.get_by_role("link", name="Kiln").click()
    playwright.expect(
        page.get_by_role("listitem").filter(has_text="Ada works on Kiln")
    ).to_be_visible()
    page.locator(".graph a", has_text="Ada").click()
    playwright.expect(page.get_by_role("heading", name="Ada")).to_be_visible()
    playwright.expect(page.locator(".graph circle")).to_have_count(3)
    page.set_viewport_size({"width": 360, "height": 740})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_stopping_stops_the_model(
    model: type[Model], page: playwright.Page, tmp_path: Path
) -> None:
    put_in(page, tmp_path)
    page.goto("/ask?q=bread")
    page.get_by_role("button", name="Ask").click()
    playwright.expect(page.locator("#answered .answer")).to_have_text("Bake at 240 degrees")
    page.get_by_role("button", name="Stop").click()
    playwright.expect(page.get_by_role("alert")).to_contain_text("You stopped it")
    assert model.was_left.wait(10)


@pytest.mark.parametrize("page", [False], indirect=True, ids=["no script"])
def test_question_works_without_script(
    model: type[Model], page: playwright.Page, tmp_path: Path
) -> None:
    model.go_on.set()
    bread = tmp_path / "bread.md"
    bread.write_text(BREAD)
    page.goto("/documents")
    page.set_input_files("#files", str(bread))
    page.get_by_role("button", name="Upload").click()
    for _ in range(50):
        page.goto("/documents")
        if page.locator("[data-document]").get_by_text("Ready", exact=True).count():
            break
        page.wait_for_timeout(200)
    page.goto("/ask")
    page.get_by_label("Your question").fill("How hot is bread baked?")
    page.get_by_role("button", name="Ask").click()
    playwright.expect(page.get_by_role("link", name="Source 1: bread.md")).to_be_visible()
    playwright.expect(page.locator(".doubt")).to_contain_text("dragon scales")


PAGES = (
    "/",
    "/documents",
    "/search?q=bread",
    "/search?q=bread&by=text&count=5",
    "/ask?q=bread",
    "/graph",
    "/tools",
    "/tools/ingest_text",
    "/me",
    "/docs",
)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_keep_the_rules_of_axe(
    model: type[Model], page: playwright.Page, tmp_path: Path, scheme: str
) -> None:
    """WCAG 2.2 A and AA, wide and on a phone, in both colour schemes; an answer too."""
    model.go_on.set()
    put_in(page, tmp_path)
    page.emulate_media(color_scheme=scheme)
    address = page.locator("[data-document] h3 a").get_attribute("href")
    broken: list[str] = []
    for path in (*PAGES, address):
        page.goto(path)
        if path.startswith("/ask"):
            page.get_by_role("button", name="Ask").click()
            playwright.expect(page.locator(".doubt")).to_be_visible()
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            broken += [f"{path} at {width}: {each}" for each in violations(page)]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto("/me")
    page.get_by_role("button", name="Sign out").click()
    playwright.expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert [*broken, *violations(page)] == []


def violations(page: playwright.Page) -> list[str]:
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    found = axe.Axe().run(page, options=options).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found]
