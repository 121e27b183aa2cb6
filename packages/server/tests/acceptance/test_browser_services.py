"""Which services are up, on the start page in a real browser, by axe's rules."""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

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


@pytest.fixture
def listed(deployment: Deployment, tmp_path: Path) -> Iterator[None]:
    """Three services: one that answers, one that does not, and one that nobody here may ask."""
    path = tmp_path / "stack.json"
    deployment.environment["HEARTH_STACK_PATH"] = str(path)
    with socket.socket() as listener, socket.socket() as deaf:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        deaf.bind(("127.0.0.1", 0))
        probes = {
            "Postgres": ({"tcp": listener.getsockname()}, ""),
            "Qdrant": ({"tcp": deaf.getsockname()}, ""),
            "n8n": (None, "this server has no business with it"),
        }
        services = [
            {"name": title.lower(), "title": title, "probe": probe, "reason": reason}
            for title, (probe, reason) in probes.items()
        ]
        path.write_text(json.dumps({"services": services}))
        yield


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_start_page_tells_what_is_down_first(
    listed: None, page: playwright.Page, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto("/")
    section = page.get_by_role("region", name="Services")
    rows = section.get_by_role("listitem")
    playwright.expect(section).to_contain_text("1 down, 1 up, 1 not asked from here.")
    playwright.expect(rows).to_have_text(
        [
            re.compile(r"down\s+Qdrant\s+refuses connections"),
            re.compile(r"up\s+Postgres\s+accepts connections, \d+ ms"),
            re.compile(r"unknown\s+n8n\s+this server has no business with it"),
        ]
    )
    for path in ("/", "/services"):
        page.goto(path)
        playwright.expect(page.get_by_text("refuses connections")).to_be_visible()
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
            assert axe.Axe().run(page, options=options).response["violations"] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("page", [False], indirect=True)
def test_start_page_leads_there_without_script(listed: None, page: playwright.Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="See which services are up").click()
    playwright.expect(page.get_by_role("heading", level=1)).to_have_text("Services")
    playwright.expect(page.get_by_role("listitem").first).to_be_visible()
