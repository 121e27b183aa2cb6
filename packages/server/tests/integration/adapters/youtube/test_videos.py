"""Videos over a real socket: a server on this machine that answers as YouTube does, and wrongly."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hearth_kit.errors import HearthError
from hearth_server.adapters.builtin.embedder import BuiltinEmbedder
from hearth_server.adapters.memory.library import MemoryLibrary
from hearth_server.adapters.memory.objects import MemoryObjects
from hearth_server.adapters.readers.reader import ProcessReader
from hearth_server.adapters.youtube.videos import YouTubeVideos
from hearth_server.capabilities.knowledge.errors import PageDownError, PageRefusedError
from hearth_server.capabilities.knowledge.ingest import Ingester
from hearth_server.capabilities.knowledge.model import Status
from hearth_server.capabilities.knowledge.search import Question, Searcher
from hearth_server.capabilities.knowledge.uploads import Uploads
from hearth_server.capabilities.knowledge.video_tools import VideoTools
from hearth_server.testing.principals import make_principal

pytestmark = pytest.mark.integration

ID = "a-B_c1234Zx"
WATCH = f"https://www.youtube.com/watch?v={ID}"
ADA, BOB = make_principal(name="ada"), make_principal(name="bob")


def track(language: str, *, generated: bool = False) -> dict[str, Any]:
    kind = {"kind": "asr"} if generated else {}
    asked = f"lang={language}" + ("&kind=asr" if generated else "")
    return {
        "baseUrl": f"https://www.youtube.com/api/timedtext?{asked}",
        "name": {"runs": [{"text": language}]},
        "languageCode": language,
        **kind,
    }


def player(*tracks: dict[str, Any]) -> dict[str, Any]:
    return {
        "playabilityStatus": {"status": "OK"},
        "captions": {"playerCaptionsTracklistRenderer": {"captionTracks": list(tracks)}},
    }


def kept_back(status: str, reason: str) -> dict[str, Any]:
    return {"playabilityStatus": {"status": status, "reason": reason}}


@dataclass
class World:
    """What the server says; each may be set to what a test wants."""

    player: Any = field(default_factory=lambda: player(track("en", generated=True), track("en")))
    lines: str = '<transcript><text start="3.5" dur="2">The &amp;#39;Danube&amp;#39;</text>'
    about: Any = field(default_factory=lambda: {"title": "Big rivers", "author_name": "Ada's"})
    status: dict[str, int] = field(default_factory=dict)
    location: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    size: int = 0
    asked: list[str] = field(default_factory=list)
    url: str = ""
    busy: int = 0
    most: int = 0

    def answer(self, path: str) -> bytes:
        if path == "/watch":
            return b'<html>"INNERTUBE_API_KEY": "not-a-key"</html>' + b" " * self.size
        if path == "/youtubei/v1/player":
            return json.dumps(self.player).encode()
        if path == "/api/timedtext":
            return self.lines.encode()
        return json.dumps(self.about).encode()


@pytest.fixture
def world() -> Iterator[World]:
    made, counting = World(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            self.rfile.read(int(self.headers.get("content-length", 0)))
            path = urlsplit(self.path).path
            with counting:
                made.busy += 1
                made.most = max(made.most, made.busy)
            time.sleep(made.delay)
            with counting:
                made.busy -= 1
            body = made.answer(path)
            self.send_response(made.status.get(path, 200))
            if path in made.location:
                self.send_header("location", made.location[path])
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                return

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            return

    made.lines += '<text start="754">flows on.</text></transcript>'
    service = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=service.serve_forever, args=(0.02,))
    thread.start()
    made.url = f"http://127.0.0.1:{service.server_port}"
    yield made
    service.shutdown()
    service.server_close()
    thread.join()


async def test_video_comes_with_title_author_and_lines_by_hand(world: World) -> None:
    video = await YouTubeVideos(world.url).get(ID, language="")
    assert (video.title, video.author) == ("Big rivers", "Ada's")
    assert not video.track.is_generated
    assert [(line.start, line.text) for line in video.lines] == [
        (3, "The 'Danube'"),
        (754, "flows on."),
    ]
    oembed = urlsplit(world.asked[-1])
    assert oembed.path == "/oembed"
    assert parse_qs(oembed.query) == {"url": [WATCH], "format": ["json"]}


async def test_wished_language_is_asked_for(world: World) -> None:
    world.player = player(track("de", generated=True), track("en"))
    assert (await YouTubeVideos(world.url).get(ID, language="de")).track.is_generated
    assert "/api/timedtext?lang=de&kind=asr" in world.asked


async def test_title_that_nobody_may_ask_for_stays_empty(world: World) -> None:
    world.status["/oembed"] = 401
    video = await YouTubeVideos(world.url).get(ID, language="")
    assert (video.title, video.author) == ("", "")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"playabilityStatus": {"status": "OK"}}, "has no transcript"),
        (kept_back("ERROR", "This video is unavailable"), "is removed, or never was"),
        (kept_back("LOGIN_REQUIRED", "This video is private"), "says `This video is private`"),
        (
            kept_back("LOGIN_REQUIRED", "This video may be inappropriate for some users."),
            "is shown to adults who sign in",
        ),
        (
            player(track("en") | {"baseUrl": "https://www.youtube.com/api/timedtext?a=1&exp=xpe"}),
            "given to YouTube's own players alone",
        ),
    ],
)
async def test_video_that_cannot_be_had_says_why(world: World, said: object, told: str) -> None:
    world.player = said
    with pytest.raises(PageRefusedError, match=told):
        await YouTubeVideos(world.url).get(ID, language="")


async def test_empty_transcript_is_none_and_says_what_to_do(world: World) -> None:
    world.lines = '<transcript><text start="1"> </text></transcript>'
    with pytest.raises(PageRefusedError, match="with `speaches` on") as raised:
        await YouTubeVideos(world.url).get(ID, language="")
    assert raised.value.hint == "hearth enable speaches"


@pytest.mark.parametrize("path", ["/watch", "/youtubei/v1/player", "/api/timedtext", "/oembed"])
@pytest.mark.parametrize(
    ("status", "told"), [(429, "refuses this machine's address"), (500, "try again later")]
)
async def test_refusal_and_breakdown_anywhere_may_pass(
    world: World, path: str, status: int, told: str
) -> None:
    world.status[path] = status
    with pytest.raises(PageDownError, match=told):
        await YouTubeVideos(world.url).get(ID, language="")


async def test_demand_to_prove_not_to_be_a_bot_is_told_as_a_block(world: World) -> None:
    world.player = kept_back("LOGIN_REQUIRED", "Sign in to confirm you\u2019re not a bot")
    with pytest.raises(PageDownError, match="refuses this machine's address for now"):
        await YouTubeVideos(world.url).get(ID, language="")


@pytest.mark.parametrize(
    "lines",
    [
        "no xml",
        "<transcript><text>no time</text></transcript>",
        '<transcript><text start="nan">x</text></transcript>',
        '<!DOCTYPE t [<!ENTITY a "b">]><transcript><text start="1">&a;</text></transcript>',
    ],
)
async def test_transcript_that_makes_no_sense_is_told(world: World, lines: str) -> None:
    world.lines = lines
    with pytest.raises(PageDownError, match="answers what nobody expects"):
        await YouTubeVideos(world.url).get(ID, language="")


@pytest.mark.parametrize("about", [[], {}, "x"])
async def test_metadata_that_makes_no_sense_is_told(world: World, about: object) -> None:
    world.about = about
    with pytest.raises(PageDownError, match="answers what nobody expects"):
        await YouTubeVideos(world.url).get(ID, language="")


async def test_answer_leads_to_no_other_host(world: World) -> None:
    world.status["/watch"], world.location["/watch"] = 302, f"{world.url}/secret"
    with pytest.raises(PageDownError, match=r"leads elsewhere, host `127\.0\.0\.1`"):
        await YouTubeVideos(world.url).get(ID, language="")
    world.status.clear()
    world.player = player(track("en") | {"baseUrl": "https://youtube.com.evil.test/api/timedtext"})
    with pytest.raises(PageDownError, match=r"host `youtube\.com\.evil\.test`"):
        await YouTubeVideos(world.url).get(ID, language="")
    assert not any("secret" in path for path in world.asked)


async def test_silence_and_floods_end(world: World) -> None:
    world.delay = 0.6
    with pytest.raises(PageDownError, match=r"does not answer within 0\.3 s"):
        await YouTubeVideos(world.url, whole_seconds=0.3).get(ID, language="")
    world.delay, world.size = 0.0, 17 * 1024 * 1024
    with pytest.raises(PageDownError):
        await YouTubeVideos(world.url).get(ID, language="")
    with pytest.raises(PageDownError, match="cannot be reached"):
        await YouTubeVideos("http://127.0.0.1:9").get(ID, language="")


async def test_what_is_said_is_found_with_its_moment_and_kept_once_for_each_owner(
    world: World,
) -> None:
    library, objects, embedder = MemoryLibrary(), MemoryObjects(), BuiltinEmbedder()
    tools = VideoTools(Uploads(library, objects), YouTubeVideos(world.url))
    spoken = "The salmon rests. " * 60
    world.lines = (
        f'<transcript><text start="3">{spoken}</text>'
        '<text start="754">Beavers build at night.</text></transcript>'
    )
    first = await tools.ingest_youtube(ADA, url=WATCH, tags=["wet"])
    again = await tools.ingest_youtube(ADA, url=f"https://youtu.be/{ID}?t=9")
    others = await tools.ingest_youtube(BOB, url=WATCH)
    assert first.id == again.id != others.id
    assert (first.source_type, first.source) == ("youtube", WATCH)
    assert (first.title, first.tags) == ("Big rivers", ("wet",))
    await Ingester(library, objects, ProcessReader(), embedder).ingest(ADA.user_id, first.id)
    assert (await library.get(ADA.user_id, first.id)).status is Status.READY
    question = Question(query="beavers night", search_type="text")
    found = (await Searcher(library, embedder).search(ADA.user_id, question)).hits[0]
    assert found.citation.headings == ("Big rivers", "12:34")
    assert found.citation.source == f"{WATCH}&t=754s"


async def test_refused_video_leaves_nothing_behind(world: World) -> None:
    library, objects = MemoryLibrary(), MemoryObjects()
    tools = VideoTools(Uploads(library, objects), YouTubeVideos(world.url))
    world.player = kept_back("LOGIN_REQUIRED", "This video is private")
    for url in (WATCH, f"https://www.youtube.com/playlist?list={ID}"):
        with pytest.raises(HearthError):
            await tools.ingest_youtube(ADA, url=url)
    assert await objects.list_keys(f"user-{ADA.user_id}/") == []


async def test_adapter_asks_two_at_once_and_no_more(world: World) -> None:
    world.delay = 0.05
    videos = YouTubeVideos(world.url)
    got = await asyncio.gather(*(videos.get(ID, language="") for _ in range(5)))
    assert {video.title for video in got} == {"Big rivers"}
    assert world.most == 2
