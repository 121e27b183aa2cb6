"""The pages in a real browser: sign in, upload, watch it being taken in, find it, see it cited."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
]

BREAD = """# Bread

## Sourdough

Feed the starter the evening before, and fold the dough every half hour.

## Baking

Bake at 240 degrees for twenty minutes with steam, then at 210 until dark brown.
"""


def upload(page: playwright.Page, *files: Path) -> None:
    page.goto("/documents")
    page.set_input_files("#files", [str(each) for each in files])


def test_document_is_found_and_cited(page: playwright.Page, tmp_path: Path) -> None:
    bread = tmp_path / "bread.md"
    bread.write_text(BREAD)
    upload(page, bread)
    row = page.locator("[data-document]", has_text="bread.md")
    playwright.expect(row.get_by_text("Ready")).to_be_visible()
    page.goto("/")
    page.get_by_role("searchbox").fill("bake with steam")
    page.keyboard.press("Enter")
    hit = page.locator(".hits li").first
    playwright.expect(hit.locator(".trail")).to_contain_text("Baking")
    playwright.expect(hit.locator("mark").first).to_have_text(re.compile("bake", re.IGNORECASE))
    hit.get_by_role("link").click()
    passage = page.locator(".passage:target")
    playwright.expect(passage).to_contain_text("240 degrees")
    playwright.expect(passage).to_be_in_viewport()


def test_failure_says_why(page: playwright.Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 nonsense")
    upload(page, broken)
    row = page.locator("[data-document]", has_text="broken.pdf")
    playwright.expect(row.get_by_text("Failed")).to_be_visible()
    playwright.expect(row.locator(".reason")).to_contain_text("broken.pdf")
    playwright.expect(page.locator("#live")).to_have_text("broken.pdf has failed")
    playwright.expect(row.get_by_role("button", name="Try broken.pdf again")).to_be_visible()


def test_deleting_asks_first(page: playwright.Page, tmp_path: Path) -> None:
    note = tmp_path / "<b>note.txt"
    note.write_text("The key is under the mat.")
    upload(page, note)
    row = page.locator("[data-document]", has_text="note.txt")
    playwright.expect(row.get_by_text("Ready")).to_be_visible()
    row.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Keep it").click()
    playwright.expect(row).to_be_visible()
    row.get_by_role("link", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    page.wait_for_load_state()
    playwright.expect(page.locator("[data-document]")).to_have_count(0)


def test_keyboard_reaches_content(page: playwright.Page) -> None:
    page.goto("/tools")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    playwright.expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    playwright.expect(page.locator("main a").first).to_be_focused()


def test_phone_needs_no_sideways_scroll(page: playwright.Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/", "/documents", "/search?q=a", "/tools", "/tools/ingest_text", "/me", "/docs"):
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, path


@pytest.mark.parametrize("page", [False], indirect=True, ids=["no script"])
def test_works_without_script(page: playwright.Page, tmp_path: Path) -> None:
    bread = tmp_path / "bread.md"
    bread.write_text(BREAD)
    upload(page, bread)
    page.get_by_role("button", name="Upload").click()
    row = page.locator("[data-document]", has_text="bread.md")
    for _ in range(50):
        page.goto("/documents")
        if row.get_by_text("Ready").count():
            break
        page.wait_for_timeout(200)
    page.goto("/search")
    page.get_by_role("searchbox").fill("steam")
    page.get_by_role("button", name="Search").click()
    playwright.expect(page.locator("mark").first).to_have_text("steam")
    page.goto("/documents")
    row.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    playwright.expect(page.locator("[data-document]")).to_have_count(0)
    page.goto("/me")
    page.get_by_role("button", name="Sign out").click()
    playwright.expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
