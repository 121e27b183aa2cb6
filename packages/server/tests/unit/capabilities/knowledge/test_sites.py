"""Sites followed over the memory adapters: what is taken, where it stops, how it goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hearth_server.adapters.builtin.embedder import BuiltinEmbedder
from hearth_server.adapters.memory.library import MemoryLibrary
from hearth_server.adapters.memory.objects import MemoryObjects
from hearth_server.capabilities.knowledge.errors import (
    BadAddressError,
    BadLabelError,
    PageDownError,
    PageRefusedError,
    UnsupportedFormatError,
)
from hearth_server.capabilities.knowledge.ingest import Ingester
from hearth_server.capabilities.knowledge.links import checked_address
from hearth_server.capabilities.knowledge.model import Document, Filter, Status
from hearth_server.capabilities.knowledge.sites import SiteFollower
from hearth_server.capabilities.knowledge.uploads import Uploads
from hearth_server.capabilities.knowledge.web import Fetched
from hearth_server.capabilities.knowledge.web_tools import WebTools
from hearth_server.testing.principals import make_principal

pytestmark = pytest.mark.unit

ADA, BOB = make_principal(name="ada"), make_principal(name="bob")
HOME = "https://rivers.test/"


def page(title: str, *links: str) -> str:
    linked = "".join(f'<a href="{each}">{each}</a>' for each in links)
    return f"<title>{title}</title><h1>{title}</h1>{linked}"


class Pages:
    """A web of these pages; `faults` are raised, `forbidden` is what robots.txt says."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages
        self.faults: dict[str, Exception] = {}
        self.moved: dict[str, str] = {}
        self.forbidden: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.media_types: dict[str, str] = {}

    @asynccontextmanager
    async def open(self, address: str) -> AsyncIterator[Fetched]:
        self.asked[address] += 1
        if address in self.faults:
            raise self.faults[address]
        url = self.moved.get(address, address)
        if url not in self.pages:
            raise PageRefusedError(f"address `{url}`: refused with status 404")
        yield Fetched(
            url=url,
            media_type=self.media_types.get(url, "text/html"),
            chunks=once(self.pages[url].encode()),
        )

    async def judge(self, address: str) -> str:
        return checked_address(address)

    async def may_follow(self, address: str) -> bool:
        return address not in self.forbidden

    async def delay(self, address: str) -> float:
        return 0.0


async def once(data: bytes) -> AsyncIterator[bytes]:
    yield data


class NoReader:
    """Pages are not read here: their own jobs do that."""

    async def convert(self, *_: object, **__: object) -> AsyncIterator[object]:
        raise AssertionError
        yield


class Bench:
    """One person's shelf, a web, and a worker for sites."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.web = Pages(pages)
        self.library = MemoryLibrary()
        self.objects = MemoryObjects()
        self.uploads = Uploads(self.library, self.objects)
        self.tools = WebTools(self.library, self.uploads, self.web)
        self.pauses: list[float] = []

    async def work(self, document: Document) -> Document:
        follower = SiteFollower(self.web, self.uploads, self.objects, sleep=self.pause)
        ingester = Ingester(
            self.library, self.objects, NoReader(), BuiltinEmbedder(), sites=follower
        )
        await ingester.ingest(ADA.user_id, document.id)
        return await self.library.get(ADA.user_id, document.id)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def pages(self) -> dict[str, str]:
        found = await self.library.list_page(
            ADA.user_id,
            status=None,
            text=None,
            only=Filter(source_type="web"),
            sort="title",
            limit=200,
            offset=0,
        )
        return {each.source: each.title for each in found.documents}


SITE = {
    HOME: page("Rivers", "/danube", "/rhine", "https://elsewhere.test/", "/danube#top"),
    f"{HOME}danube": page("Danube", "/source", "/"),
    f"{HOME}rhine": page("Rhine", "/missing"),
    f"{HOME}source": page("Source", "/deeper"),
    f"{HOME}deeper": page("Deeper"),
    "https://elsewhere.test/": page("Elsewhere"),
}


async def test_page_becomes_document_with_its_title() -> None:
    bench = Bench(SITE)
    document = await bench.tools.ingest_url(ADA, url=f"{HOME}danube", tags=["wet"])
    assert (document.title, document.source_type, document.tags) == ("Danube", "web", ("wet",))


async def test_page_that_changed_takes_the_place_of_what_it_was() -> None:
    bench = Bench(dict(SITE))
    first = await bench.tools.ingest_url(ADA, url=f"{HOME}danube", tags=["wet"])
    await bench.tools.ingest_url(ADA, url=f"{HOME}rhine")
    await bench.library.cancel(ADA.user_id, first.id)
    bench.web.pages[f"{HOME}danube"] = page("The new Danube")
    second = await bench.tools.ingest_url(ADA, url=f"{HOME}danube")
    assert (second.id, second.title, second.tags) == (first.id, "The new Danube", ("wet",))
    assert len(await bench.pages()) == 2
    assert len(bench.library.discarded) == 1


async def test_same_page_twice_is_one_document() -> None:
    bench = Bench(SITE)
    first = await bench.tools.ingest_url(ADA, url=f"{HOME}danube")
    assert await bench.tools.ingest_url(ADA, url=f"{HOME}danube") == first
    other = await bench.tools.ingest_url(BOB, url=f"{HOME}danube")
    assert other.id != first.id


async def test_kind_that_is_not_read_is_refused() -> None:
    bench = Bench(SITE)
    bench.web.media_types[HOME] = "video/mp4"
    with pytest.raises(UnsupportedFormatError) as caught:
        await bench.tools.ingest_url(ADA, url=HOME)
    assert str(caught.value) == f"address `{HOME}`: is `video/mp4`, which is not read"
    assert bench.objects.contents == {}


async def test_site_is_followed_to_its_depth_and_no_further() -> None:
    bench = Bench(SITE)
    state = await bench.work(await bench.tools.ingest_site(ADA, url=HOME, depth=2))
    assert (state.status, state.reason, state.passages) == (Status.READY, "", 1)
    assert await bench.pages() == {
        HOME: "Rivers",
        f"{HOME}danube": "Danube",
        f"{HOME}rhine": "Rhine",
        f"{HOME}source": "Source",
    }
    assert bench.web.asked[f"{HOME}missing"] == 1
    assert set(bench.web.asked.values()) == {1}
    assert bench.pauses == [0.5] * 4


async def test_site_stops_at_its_pages() -> None:
    endless = {f"{HOME}{n or ''}": page(f"Page {n}", f"/{n + 1}", f"/x{n}") for n in range(500)}
    bench = Bench(endless)
    document = await bench.tools.ingest_site(ADA, url=HOME, depth=10, pages=7)
    assert (await bench.work(document)).status is Status.READY
    assert len(await bench.pages()) == 7
    assert sum(bench.web.asked.values()) <= 21


async def test_robots_keep_pages_out() -> None:
    bench = Bench(SITE)
    bench.web.forbidden = {f"{HOME}danube"}
    await bench.work(await bench.tools.ingest_site(ADA, url=HOME))
    assert set(await bench.pages()) == {HOME, f"{HOME}rhine"}
    assert f"{HOME}danube" not in bench.web.asked


async def test_page_that_moved_off_the_site_is_left_out() -> None:
    bench = Bench(SITE)
    bench.web.moved[f"{HOME}danube"] = "https://elsewhere.test/"
    await bench.work(await bench.tools.ingest_site(ADA, url=HOME))
    assert set(await bench.pages()) == {HOME, f"{HOME}rhine"}


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (PageRefusedError("address `x`: refused with status 404"), Status.FAILED),
        (BadAddressError("address `x`: is in a private network"), Status.FAILED),
        (PageDownError("address `x`: does not answer"), Status.FAILED),
    ],
)
async def test_first_page_that_fails_says_why(fault: Exception, status: Status) -> None:
    bench = Bench(SITE)
    bench.web.faults[HOME] = fault
    state = await bench.work(await bench.tools.ingest_site(ADA, url=HOME))
    assert (state.status, state.reason) == (status, str(fault))
    assert await bench.pages() == {}


async def test_site_whose_robots_forbid_all_says_so() -> None:
    bench = Bench(SITE)
    bench.web.forbidden = set(SITE)
    state = await bench.work(await bench.tools.ingest_site(ADA, url=HOME))
    assert state.reason == f"site `{HOME}`: its robots.txt lets no page be taken"


async def test_later_page_that_fails_stops_nothing() -> None:
    bench = Bench(SITE)
    bench.web.faults[f"{HOME}danube"] = PageDownError("address `x`: does not answer")
    bench.web.media_types[f"{HOME}rhine"] = "image/png"
    state = await bench.work(await bench.tools.ingest_site(ADA, url=HOME))
    assert (state.status, set(await bench.pages())) == (Status.READY, {HOME})


@pytest.mark.parametrize("after", [1, 2, 3])
async def test_killed_worker_goes_on_where_it_was(after: int) -> None:
    bench = Bench(SITE)
    document = await bench.tools.ingest_site(ADA, url=HOME, depth=5)

    async def die(seconds: float) -> None:
        bench.pauses.append(seconds)
        if len(bench.pauses) == after:
            raise asyncio.CancelledError

    bench.pause = die  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        await bench.work(document)
    asked = bench.web.asked.copy()
    assert sum(asked.values()) == after
    state = await bench.work(document)
    assert state.status is Status.READY
    assert len(await bench.pages()) == 5
    assert set(bench.web.asked.values()) == {1}
    assert not [key for key in bench.objects.contents if "/sites/" in key]


async def test_same_site_again_takes_what_changed() -> None:
    bench = Bench(dict(SITE))
    first = await bench.work(await bench.tools.ingest_site(ADA, url=HOME))
    bench.web.pages[f"{HOME}rhine"] = page("Rhine, new")
    again = await bench.tools.ingest_site(ADA, url=HOME)
    assert (again.id, again.status) == (first.id, Status.QUEUED)
    await bench.work(again)
    assert (await bench.pages())[f"{HOME}danube"] == "Danube"
    assert bench.web.asked[f"{HOME}rhine"] == 2


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"depth": -1}, "depth: is `-1`, expected 0 to 10"),
        ({"depth": 11}, "depth: is `11`, expected 0 to 10"),
        ({"pages": 0}, "pages: is `0`, expected 1 to 500"),
        ({"pages": 501}, "pages: is `501`, expected 1 to 500"),
    ],
)
async def test_wish_out_of_bounds_is_refused(wish: dict[str, int], message: str) -> None:
    with pytest.raises(BadLabelError) as caught:
        await Bench(SITE).tools.ingest_site(ADA, url=HOME, **wish)
    assert str(caught.value) == message
