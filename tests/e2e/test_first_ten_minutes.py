"""X must Y: what a person put in must be found, cited, and still be there after down and up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from journey import Installation, lighthouse_pdf, search_and_see_page, sign_in, upload
from lab.ports import free_base_port
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ENGINES = (
    pytest.param("embedded", id="embedded"),
    pytest.param("compose", id="compose", marks=pytest.mark.docker),
)


@pytest.fixture
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    home = tmp_path / "my home"
    home.mkdir()
    (home / ".env").write_text(
        f"# chosen by the test\nENGINE={request.param}\nBASE_PORT={free_base_port()}\n"
    )
    made = Installation(home=home)
    yield made
    made.run("down", "--delete-data", "--yes")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("installation", ENGINES, indirect=True)
def test_document_survives_down_and_up(installation: Installation, page: Page) -> None:
    first = installation.must("up", "--yes", timeout_seconds=800)
    assert "/sign-in" in first
    url = installation.sign_in_url()
    base = f"http://{urlsplit(url).netloc}"
    sign_in(page, url)
    upload(page, base, "lighthouse.pdf", lighthouse_pdf())
    search_and_see_page(page, base, "carrier pigeons storms", title="lighthouse", number=3)

    installation.must("down", "--yes")
    installation.must("up", "--yes", timeout_seconds=800)

    sign_in(page, installation.sign_in_url())
    search_and_see_page(page, base, "colza oil lamp", title="lighthouse", number=2)
