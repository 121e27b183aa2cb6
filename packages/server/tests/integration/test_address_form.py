"""The form for addresses over a real database, and a page that a real server gives."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from hearth_kit.clock import SystemClock
from hearth_kit.ids import uuid7
from hearth_server.adapters.postgres.identity_links import issue_link
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.web import fetcher
from hearth_server.adapters.web.public import PublicTransport
from hearth_server.capabilities.identity import rules
from hearth_server.edge.http.app import build_app
from hearth_server.main import build_parts
from hearth_server.settings.model import Settings
from hearth_server.testing.postgres import Urls

pytestmark = pytest.mark.integration


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<html><title>Rivers &amp; hills</title><p>The Danube is long.</p></html>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serving(handler: type[Page]) -> Iterator[str]:
    service = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=service.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{service.server_port}"
    finally:
        service.shutdown()
        service.server_close()
        thread.join()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server on this machine, which counts as the open internet here."""
    monkeypatch.setattr(
        fetcher, "PublicTransport", lambda: PublicTransport(is_allowed=lambda _: True)
    )
    with serving(Page) as address:
        yield address


async def sign_in(client: httpx2.AsyncClient, urls: Urls) -> str:
    """Sign a new person in, and give the proof of the session."""
    secret = rules.make_secret(bytes(rules.SECRET_BYTES)).reveal()
    issue_link(
        urls.app,
        email="ada@example.com",
        create=True,
        new_id=uuid7(),
        digest=rules.digest(secret),
        now=SystemClock().now(),
        lifetime=timedelta(hours=1),
    )
    await client.post("/sign-in", data={"link": secret})
    found = re.search(r'name="csrf-token" content="(\w+)"', (await client.get("/me")).text)
    assert found is not None
    return found[1]


async def test_page_and_site_become_documents(
    web: str, database: Database, urls: Urls, tmp_path: Path
) -> None:
    settings = Settings(database_url=urls.app, data_dir=tmp_path)
    app = build_app(build_parts(settings, database, stopping=asyncio.Event()))
    transport = httpx2.ASGITransport(app)
    base = "http://127.0.0.1:8000"
    async with httpx2.AsyncClient(transport=transport, base_url=base) as client:
        form = {"csrf": await sign_in(client, urls)}
        for extent, path in (("page", "/rivers"), ("site", "/")):
            sent = form | {"url": f" {web}{path} ", "extent": extent}
            answer = await client.post("/documents/address", data=sent)
            assert (answer.status_code, answer.headers["location"]) == (303, "/documents")
        listed = (await client.get("/documents")).text
        assert "Rivers &amp; hills" in listed
        assert f"{web}/" in listed
        unproved = await client.post("/documents/address", data={"url": web})
        assert unproved.status_code == 403
        refused = await client.post("/documents/address", data=form | {"url": "ftp://x"})
    assert refused.status_code == 400
    assert 'value="ftp://x"' in refused.text
    assert "expected one that begins with <code>http://</code>" in refused.text


@pytest.mark.parametrize("extent", ["page", "site"])
async def test_private_address_is_refused_at_once(
    database: Database, urls: Urls, tmp_path: Path, extent: str
) -> None:
    settings = Settings(database_url=urls.app, data_dir=tmp_path)
    parts = build_parts(settings, database, stopping=asyncio.Event())
    transport = httpx2.ASGITransport(build_app(parts))
    base = "http://127.0.0.1:8000"
    async with httpx2.AsyncClient(transport=transport, base_url=base) as client:
        sent = {"csrf": await sign_in(client, urls), "url": "http://localhost:1/", "extent": extent}
        answer = await client.post("/documents/address", data=sent)
        assert answer.status_code == 400
        assert "is in a private network; only the open internet is asked" in answer.text
        assert 'value="http://localhost:1/"' in answer.text
        assert "Nothing here yet." in (await client.get("/documents")).text


async def test_video_is_known_by_its_address_whatever_extent_is_chosen(
    database: Database, urls: Urls, tmp_path: Path
) -> None:
    asked: list[str] = []

    class Relay(Page):
        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

    with serving(Relay) as relay:
        settings = Settings(database_url=urls.app, data_dir=tmp_path, youtube_url=relay)
        app = build_app(build_parts(settings, database, stopping=asyncio.Event()))
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8000"
        ) as client:
            form = {"csrf": await sign_in(client, urls)}
            for extent in ("page", "site"):
                sent = form | {"url": "https://youtu.be/a-B_c1234Zx", "extent": extent}
                answer = await client.post("/documents/address", data=sent)
                assert answer.status_code == 503
                assert "answers what nobody expects" in answer.text
    assert asked == ["/watch?v=a-B_c1234Zx"] * 2
