"""The way out, against real servers on this machine that a test calls public or private."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from typing import ClassVar

import pytest
from hearth_server.adapters.web.fetcher import WebFetcher
from hearth_server.adapters.web.public import PublicTransport, Resolve
from hearth_server.capabilities.knowledge.errors import (
    BadAddressError,
    PageDownError,
    PageRefusedError,
)

pytestmark = pytest.mark.integration

PUBLIC = "127.0.0.1"
"""What these tests call the open internet; every other address is private."""


class Web(BaseHTTPRequestHandler):
    """Answers by path, and keeps what it was asked."""

    asked: ClassVar[list[tuple[str, str]]] = []
    robots: ClassVar[tuple[int, str]] = (404, "")
    port: ClassVar[int] = 0

    def do_GET(self) -> None:
        self.asked.append((self.headers["host"], self.path))
        name, _, rest = self.path.lstrip("/").partition("/")
        match name:
            case "to":
                self.answer(302, b"", {"location": f"http://{rest}"})
            case "loop":
                self.answer(301, b"", {"location": "/loop"})
            case "status":
                self.answer(int(rest), b"no")
            case "cut":
                self.answer(200, b"half", {"content-length": "1000"})
                self.close_connection = True
            case "packed":
                body = gzip.compress(b"The Danube is long.")
                self.answer(200, body, {"content-encoding": "gzip"})
            case "robots.txt":
                self.answer(self.robots[0], self.robots[1].encode())
            case _:
                self.answer(200, b"The Danube is long.", {"content-type": "text/plain; charset=x"})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"content-length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


class Web6(ThreadingHTTPServer):
    address_family = AF_INET6


@pytest.fixture
def port() -> Iterator[int]:
    """Serve on one port of three addresses: the public one, and two private ones."""
    Web.asked, Web.robots = [], (404, "")
    first = ThreadingHTTPServer((PUBLIC, 0), Web)
    number = first.server_port
    servers = [first, ThreadingHTTPServer(("127.0.0.2", number), Web), Web6(("::1", number), Web)]
    threads = [threading.Thread(target=each.serve_forever, args=(0.02,)) for each in servers]
    for thread in threads:
        thread.start()
    yield number
    for server in servers:
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()


NAMES = {
    "rivers.test": [PUBLIC],
    "hills.test": [PUBLIC],
    "inside.test": ["127.0.0.2"],
    "inside6.test": ["::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "mixed.test": [PUBLIC, "127.0.0.2"],
    "127.0.0.2": ["127.0.0.2"],
    "::1": ["::1"],
    "2130706434": ["127.0.0.2"],
}


async def lookup(host: str, port: int) -> Sequence[str]:
    if host not in NAMES:
        raise OSError("no such name")
    return NAMES[host]


def make_fetcher(
    resolve: Resolve = lookup, is_allowed: Callable[[str], bool] = PUBLIC.__eq__
) -> WebFetcher:
    transport = PublicTransport(resolve=resolve, is_allowed=is_allowed)
    return WebFetcher(transport, timeout_seconds=5)


async def fetch(address: str, fetcher: WebFetcher | None = None) -> tuple[str, str, bytes]:
    used = fetcher or make_fetcher()
    try:
        async with used.open(address) as page:
            return page.url, page.media_type, b"".join([chunk async for chunk in page.chunks])
    finally:
        await used.close()


async def test_public_page_is_fetched_by_its_name(port: int) -> None:
    url = f"http://rivers.test:{port}/danube"
    assert await fetch(url) == (url, "text/plain", b"The Danube is long.")
    assert Web.asked == [(f"rivers.test:{port}", "/danube")]


async def test_redirect_is_followed_to_another_public_name(port: int) -> None:
    target = f"hills.test:{port}/alps"
    url, _, _ = await fetch(f"http://rivers.test:{port}/to/{target}")
    assert url == f"http://{target}"
    assert Web.asked[1] == (f"hills.test:{port}", "/alps")


@pytest.mark.parametrize(
    "host",
    [
        "inside.test",
        "inside6.test",
        "mapped.test",
        "mixed.test",
        "127.0.0.2",
        "[::1]",
        "2130706434",
    ],
)
@pytest.mark.parametrize("way", ["typed", "redirect", "judged"])
async def test_private_address_is_never_asked(port: int, host: str, way: str) -> None:
    target = f"{host}:{port}/secret"
    url = f"http://rivers.test:{port}/to/{target}" if way == "redirect" else f"http://{target}"
    fetcher = make_fetcher()
    with pytest.raises(BadAddressError) as caught:
        await (fetcher.judge(url) if way == "judged" else fetch(url, fetcher))
    await fetcher.close()
    shown = host.strip("[]")
    assert str(caught.value) == (
        f"address `{shown}`: is in a private network; only the open internet is asked"
    )
    assert "/secret" not in [path for _, path in Web.asked]


async def test_name_that_changes_its_meaning_is_asked_where_it_was_judged(port: int) -> None:
    """DNS rebinding: public when it is judged, private a moment later."""
    answers = [[PUBLIC], ["127.0.0.2"]]
    judged: list[str] = []

    async def changing(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    def is_allowed(address: str) -> bool:
        judged.append(address)
        return address == PUBLIC

    fetcher = make_fetcher(changing, is_allowed)
    async with fetcher.open(f"http://rivers.test:{port}/one") as page:
        assert b"".join([chunk async for chunk in page.chunks]) == b"The Danube is long."
    with pytest.raises(BadAddressError):
        await fetch(f"http://rivers.test:{port}/two", fetcher)
    assert judged == [PUBLIC, "127.0.0.2"]
    assert [path for _, path in Web.asked] == ["/one"]


async def test_machine_itself_is_refused_as_shipped(port: int) -> None:
    """With the system's own names and rules, nothing on this machine is reached."""
    for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1", "0x7f.1"):
        with pytest.raises(BadAddressError):
            await fetch(f"http://{host}:{port}/", WebFetcher(timeout_seconds=5))
    assert Web.asked == []


async def test_judged_address_is_cleaned_and_not_asked() -> None:
    fetcher = make_fetcher()
    assert await fetcher.judge(" HTTP://Rivers.test/danube#top ") == "http://rivers.test/danube"
    with pytest.raises(PageDownError, match="there is no such host"):
        await fetcher.judge("http://nowhere.test/")
    await fetcher.close()
    assert Web.asked == []


async def test_second_address_is_tried(port: int) -> None:
    async def two(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.9", PUBLIC]

    fetcher = make_fetcher(two, lambda address: address.startswith("127."))
    assert (await fetch(f"http://rivers.test:{port}/", fetcher))[2] == b"The Danube is long."


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("status/404", PageRefusedError, "refused with status 404"),
        ("status/403", PageRefusedError, "refused with status 403"),
        ("status/503", PageDownError, "its server is busy or broken (status 503)"),
        ("status/429", PageDownError, "its server is busy or broken (status 429)"),
        ("loop", PageRefusedError, "leads from one address to the next for ever"),
        ("cut", PageDownError, "does not answer"),
    ],
)
async def test_page_that_cannot_be_had_says_why(
    port: int, path: str, error: type[Exception], message: str
) -> None:
    url = f"http://rivers.test:{port}/{path}"
    with pytest.raises(error) as caught:
        await fetch(url)
    assert str(caught.value) == f"address `{url}`: {message}"


async def test_packed_page_is_unpacked(port: int) -> None:
    _, _, data = await fetch(f"http://rivers.test:{port}/packed")
    assert data == b"The Danube is long."


async def test_unknown_name_and_closed_port() -> None:
    with pytest.raises(PageDownError) as caught:
        await fetch("http://nobody.test/")
    assert str(caught.value) == "address `nobody.test`: there is no such host"
    with pytest.raises(PageDownError) as caught:
        await fetch("http://rivers.test:9/")
    assert str(caught.value) == "address `http://rivers.test:9/`: does not answer"


@pytest.mark.parametrize(
    ("robots", "may_danube", "may_secret"),
    [
        ((404, ""), True, True),
        ((200, "User-agent: *\nDisallow: /secret\nCrawl-delay: 3\n"), True, False),
        ((200, "User-agent: Hearth\nDisallow: /\n"), False, False),
        ((200, "User-agent: *\nDisallow: /*.pdf$\nAllow: /\n"), True, True),
        ((503, ""), False, False),
        ((200, "\x00\xff nonsense"), True, True),
    ],
    ids=["none", "some", "us", "pattern", "down", "nonsense"],
)
async def test_robots_are_heeded(
    port: int, robots: tuple[int, str], may_danube: bool, may_secret: bool
) -> None:
    Web.robots = robots
    fetcher = make_fetcher()
    site = f"http://rivers.test:{port}"
    assert await fetcher.may_follow(f"{site}/danube") is may_danube
    assert await fetcher.may_follow(f"{site}/secret/x") is may_secret
    assert await fetcher.delay(site) == (3.0 if "Crawl-delay" in robots[1] else 0.0)
    assert [path for _, path in Web.asked] == ["/robots.txt"]
    await fetcher.close()
