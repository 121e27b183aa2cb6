"""Documents read by a model over a real socket: it is slow, cut, busy, or talks nonsense."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hearth_kit.errors import UnavailableError
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.readings import PostgresReadings
from hearth_server.assembly.facts import assemble_facts, assemble_reader
from hearth_server.assembly.knowledge import assemble_knowledge, assemble_worker
from hearth_server.capabilities.graph.errors import NoReaderError
from hearth_server.capabilities.graph.fact_tools import FactTools
from hearth_server.capabilities.graph.model import Reading, ReadingState
from hearth_server.settings.model import FactsKind, Settings
from hearth_server.testing.postgres import Urls
from hearth_server.testing.principals import make_principal
from hearth_server.worker import Pace, work_until

pytestmark = pytest.mark.integration

ADA = make_principal(name="ada")
QUICK = Pace(heartbeat=0.3, stalled=2.0, rescue=0.3, grace=5.0, reconnect=0.3)
GOOD = json.dumps(
    {
        "facts": [
            {
                "passage": 1, "quote": "Ada lives in Rome", "subject": "Ada",
                "subject_type": "person", "relation": "lives_in", "object": "Rome",
                "object_type": "city", "since": "", "until": "", "only_one": True,
            },
            {
                "passage": 1, "quote": "Ada owns a castle", "subject": "Ada",
                "subject_type": "person", "relation": "owns", "object": "castle",
                "object_type": "building", "since": "", "until": "", "only_one": False,
            },
        ],
        "other_names": [],
    }
)  # fmt: skip
"""One fact that `TEXT` says, and one that it does not."""
TEXT = "Ada lives in Rome."


@dataclass
class Model:
    """A server of the OpenAI protocol that says `GOOD`; `script` is answered first."""

    url: str = ""
    script: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """Answers as the script says."""

    protocol_version = "HTTP/1.1"
    state: ClassVar[Model]

    def do_GET(self) -> None:
        self.whole(200, {"data": [{"id": "tiny"}]})

    def do_POST(self) -> None:
        self.state.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        word = self.state.script.pop(0) if self.state.script else GOOD
        if word.isdigit():
            self.whole(int(word), {"error": "no"}, retry="0")
        elif word == "hang up":
            self.close_connection = True
        elif word == "cut":
            self.stream(GOOD[:-40], ends=False)
        elif word == "slow":
            self.stream(GOOD, pause=0.02)
        else:
            self.stream(word)

    def whole(self, status: int, value: object, retry: str = "") -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if retry:
            self.send_header("retry-after", retry)
        self.end_headers()
        self.wfile.write(body)

    def stream(self, text: str, *, ends: bool = True, pause: float = 0.0) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for start in range(0, len(text), 40):
            chunk = {"choices": [{"delta": {"content": text[start : start + 40]}}]}
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            self.wfile.flush()
            threading.Event().wait(pause)
        if ends:
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def model() -> Iterator[Model]:
    state = Model()
    handler = type("ScriptedHandler", (Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(urls: Urls, tmp_path: Path, model: Model) -> Settings:
    return Settings(database_url=urls.app, data_dir=tmp_path, llm_url=model.url)


@pytest.fixture
def tools(settings: Settings, database: Database) -> FactTools:
    return assemble_facts(settings, database)


async def read(
    settings: Settings, database: Database, text: str = TEXT, *, last_chance: bool = True
) -> Reading:
    """Take a text in, have it read, and say how that went."""
    knowledge = assemble_knowledge(settings, database)
    document = await knowledge.tools.ingest_text(ADA, text=text, text_format="text")
    await assemble_worker(replace(settings, llm_url=""), database).ingester.ingest(
        ADA.user_id, document.id
    )
    readings = PostgresReadings(database, Jobs(new_job_app()))
    await readings.request(ADA.user_id, document.id)
    reader = assemble_reader(settings, database)
    assert reader is not None
    try:
        await reader.read(ADA.user_id, document.id, last_chance=last_chance)
    finally:
        await reader.close()
        reading = await readings.get(ADA.user_id, document.id)
    return reading


async def test_a_document_is_read_and_what_it_does_not_say_is_dropped(
    settings: Settings, database: Database, model: Model, tools: FactTools
) -> None:
    reading = await read(settings, database)
    assert (reading.state, reading.model, reading.reason) == (ReadingState.DONE, "tiny", "")
    assert (reading.done, reading.total, reading.calls) == (1, 1, 1)
    assert (reading.facts, reading.dropped) == (1, 1)
    (fact,) = (await tools.search_graph(ADA, query="rome")).facts
    assert fact.evidence[0].quote == "Ada lives in Rome"
    schema = model.asked[0]["response_format"]["json_schema"]["schema"]
    assert schema["required"] == ["facts", "other_names"]
    assert TEXT in model.asked[0]["messages"][1]["content"]


@pytest.mark.parametrize(
    ("script", "calls"),
    [
        (["slow"], 1),
        (["429", "503"], 1),
        (["hang up"], 1),
        (["cut"], 1),
        (["no idea"], 2),
        (['{"facts": [{"pass', "{broken"], 3),
        (["400"], 1),
    ],
    ids=["slow", "busy", "hangs-up", "cut", "nonsense", "malformed-twice", "no-schema"],
)
async def test_what_goes_wrong_once_is_made_good(
    settings: Settings, database: Database, model: Model, script: list[str], calls: int
) -> None:
    model.script = list(script)
    reading = await read(settings, database)
    assert (reading.state, reading.facts, reading.calls) == (ReadingState.DONE, 1, calls)
    if script == ["400"]:
        assert ["response_format" in each for each in model.asked] == [True, False]
    if "no idea" in script:
        assert "it holds no JSON object" in model.asked[-1]["messages"][-1]["content"]


async def test_replies_that_stay_nonsense_are_a_state_that_says_so(
    settings: Settings, database: Database, model: Model
) -> None:
    model.script = ["no idea"] * 3
    reading = await read(settings, database)
    assert reading.state is ReadingState.FAILED
    assert reading.reason == "1 of 1 parts: the model's replies could not be understood"
    assert reading.calls == len(model.asked) == 3


async def test_one_part_that_stays_nonsense_leaves_the_others(
    settings: Settings, database: Database, model: Model
) -> None:
    model.script = [GOOD, *["no idea"] * 3]
    small = replace(settings, llm_context=400)
    reading = await read(small, database, _long("a"))
    assert reading.total > 1
    assert reading.state is ReadingState.PARTLY
    assert reading.reason == (
        f"1 of {reading.total} parts: the model's replies could not be understood"
    )
    assert reading.facts == 1
    asked = len(model.asked)
    again = await read(small, database, _long("a"))
    assert (again.state, again.reason) == (ReadingState.DONE, "")
    assert len(model.asked) == asked + 1, "only what was not understood is asked again"


async def test_no_document_costs_more_than_is_set(
    settings: Settings, database: Database, model: Model
) -> None:
    small = replace(settings, llm_context=400, facts_parts=1)
    reading = await read(small, database, _long("b"))
    assert len(model.asked) == 1
    assert reading.state is ReadingState.PARTLY
    assert reading.reason.startswith("only the first 1 of ")
    assert reading.reason.endswith(" parts were read, as set by HEARTH_FACTS_PARTS")


async def test_a_refusal_fails_at_once_and_an_outage_waits(
    settings: Settings, database: Database, model: Model
) -> None:
    model.script = ["401", "401"]
    reading = await read(settings, database, last_chance=False)
    assert reading.state is ReadingState.FAILED
    assert "refused with status 401" in reading.reason
    down = replace(settings, llm_url="http://127.0.0.1:9", llm_model="x")
    with pytest.raises(UnavailableError):
        await read(down, database, last_chance=False)
    reading = await read(down, database, last_chance=True)
    assert reading.state is ReadingState.FAILED
    assert "does not answer" in reading.reason


async def test_a_reading_that_broke_off_goes_on_where_it_was(
    settings: Settings, database: Database, model: Model
) -> None:
    small = replace(settings, llm_context=400)
    model.script = [GOOD, *["503"] * 4]
    with pytest.raises(UnavailableError):
        await read(small, database, _long("c"), last_chance=False)
    model.asked.clear()
    reading = await read(small, database, _long("c"))
    assert reading.state is ReadingState.DONE
    assert reading.calls == len(model.asked) == reading.total - 1


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(work_until(stop, settings, pace=QUICK))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


async def eventually(check: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await check():  # noqa: ASYNC110  a worker changes it
            await asyncio.sleep(0.05)


async def has_ended(tools: FactTools, document_id: UUID) -> bool:
    reading = await tools.get_fact_reading(ADA, document_id=document_id)
    return reading.state is ReadingState.DONE


async def test_the_worker_reads_every_document_where_that_is_set(
    settings: Settings, database: Database, tools: FactTools
) -> None:
    every = replace(settings, facts=FactsKind.ALL)
    knowledge = assemble_knowledge(every, database)
    async with working(every):
        document = await knowledge.tools.ingest_text(ADA, text=TEXT, text_format="text")
        await eventually(lambda: has_ended(tools, document.id))
        assert len((await tools.search_graph(ADA)).facts) == 1
        await tools.forget_facts(ADA, document_id=document.id)
        await knowledge.tools.retry_document(ADA, document_id=document.id)

        async def is_taken_in() -> bool:
            now = await knowledge.tools.get_document(ADA, document_id=document.id)
            return now.done == 1

        await eventually(is_taken_in)
    assert (await tools.search_graph(ADA, with_past=True)).facts == ()


async def test_documents_are_left_alone_unless_somebody_asks(
    settings: Settings, database: Database, model: Model, tools: FactTools
) -> None:
    knowledge = assemble_knowledge(settings, database)
    async with working(settings):
        first = await knowledge.tools.ingest_text(ADA, text="Ada knows Bob.", text_format="text")
        asked = await knowledge.tools.ingest_text(ADA, text=TEXT, text_format="text")
        await tools.extract_facts(ADA, document_id=asked.id)
        await eventually(lambda: has_ended(tools, asked.id))
    state = await tools.get_fact_reading(ADA, document_id=first.id)
    assert state.state is ReadingState.NONE
    assert len(model.asked) == 1


async def test_without_a_model_nothing_is_queued(settings: Settings, database: Database) -> None:
    tools = assemble_facts(replace(settings, llm_url=""), database)
    document = await assemble_knowledge(settings, database).tools.ingest_text(ADA, text=TEXT)
    with pytest.raises(NoReaderError, match="no language model is on") as caught:
        await tools.extract_facts(ADA, document_id=document.id)
    assert caught.value.hint == "hearth enable ollama"


def _long(mark: str) -> str:
    lines = [TEXT, *(f"Paragraph {number} of {mark} says little. " * 8 for number in range(12))]
    return "\n\n".join(lines)
