"""The language model over HTTP, against a real server that speaks the protocol, and breaks it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from hearth_kit.secret import Secret
from hearth_server.adapters.openai.language import OpenAILanguageModel
from hearth_server.capabilities.answers.errors import (
    ModelCutError,
    ModelDownError,
    ModelRefusedError,
)
from hearth_server.capabilities.answers.model import Message

pytestmark = pytest.mark.integration

WORDS = ("The ", "Danube ", "is ", "long ", "[1].")
ASKED = (Message(role="system", content="be brief"), Message(role="user", content="how long?"))


class Service(BaseHTTPRequestHandler):
    """Says `WORDS`, a chunk each; `faults` are answered first, one a request."""

    protocol_version = "HTTP/1.1"
    faults: ClassVar[list[str]] = []
    requests: ClassVar[list[dict[str, Any]]] = []
    gone: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        names = ["nomic-embed-text", "qwen3:4b", "llama3"]
        body = {"no": "list"} if self.fault() == "garbage" else {"data": [{"id": n} for n in names]}
        self.whole(200, json.dumps(body).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        key = self.headers.get("authorization")
        self.requests.append({"path": self.path, "key": key, **body})
        fault = self.fault()
        if fault.isdigit():
            self.whole(int(fault), b'{"error": "no"}', {"retry-after": "3"})
        elif fault == "whole":
            message = {"role": "assistant", "content": "".join(WORDS)}
            done = {"choices": [{"message": message, "finish_reason": "stop"}]}
            self.whole(200, json.dumps(done).encode(), {"content-type": "application/json"})
        else:
            self.stream(fault)

    def stream(self, fault: str) -> None:  # noqa: C901  one case a fault
        match fault:
            case "cut":
                self.begin(WORDS[:2])
                self.close_connection = True
            case "unfinished":
                self.begin(WORDS[:2])
                self.chunk(b"")
            case "garbage":
                self.begin(())
                self.chunk(b"data: {broken\n\n")
                self.chunk(b"")
            case "shape":
                self.begin(WORDS[:1])
                self.chunk(b'data: {"choices": [{"delta": {"content": 7}}]}\n\n')
                self.chunk(b"")
            case "says":
                self.begin(WORDS[:1])
                self.chunk(b'data: {"error": {"message": "out of\\nmemory"}}\n\n')
                self.chunk(b"")
            case "silent":
                self.begin(WORDS[:1])
                self.gone.wait(5)
            case "thought":
                self.begin(("<th", "ink>it is", " long</thi", "nk>\n\n", *WORDS))
                self.end()
            case "endless":
                self.begin(())
                with suppress(OSError):
                    while True:
                        self.say("on and ")
                        time.sleep(0.01)
                self.gone.set()
            case _:
                self.chunked()
                self.chunk(b": hello\n\n")
                self.chunk(b'data: {"choices": [{"delta": {"role": "assistant"}}]}\n\n')
                for word in WORDS:
                    self.say(word)
                self.end()

    def fault(self) -> str:
        return self.faults.pop(0) if self.faults else ""

    def begin(self, words: tuple[str, ...]) -> None:
        self.chunked()
        for word in words:
            self.say(word)

    def end(self) -> None:
        self.chunk(b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n')
        self.chunk(b'data: {"choices": [], "usage": {}}\n\ndata: [DONE]\n\n')
        self.chunk(b"")

    def say(self, word: str) -> None:
        event = {"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}
        self.chunk(b"data: " + json.dumps(event).encode() + b"\n\n")

    def chunked(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def whole(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


SLEPT: list[float] = []


async def record_sleep(seconds: float) -> None:
    SLEPT.append(seconds)


@pytest.fixture
def service() -> Iterator[str]:
    Service.faults, Service.requests, Service.gone = [], [], threading.Event()
    SLEPT.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Service.gone.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
async def model(service: str) -> AsyncIterator[OpenAILanguageModel]:
    made = OpenAILanguageModel(
        service,
        model="qwen3:4b",
        api_key=Secret("sk-hidden"),
        silence_seconds=0.3,
        sleep=record_sleep,
    )
    yield made
    await made.close()


async def said(model: OpenAILanguageModel) -> list[str]:
    async with aclosing(model.write(ASKED, max_tokens=50)) as pieces:
        return [piece async for piece in pieces]


async def test_text_comes_in_pieces(model: OpenAILanguageModel) -> None:
    assert await said(model) == list(WORDS)


async def test_request_is_the_protocols(model: OpenAILanguageModel) -> None:
    await said(model)
    assert Service.requests == [
        {
            "path": "/v1/chat/completions",
            "key": "Bearer sk-hidden",
            "model": "qwen3:4b",
            "messages": [
                {"role": "system", "content": "be brief"},
                {"role": "user", "content": "how long?"},
            ],
            "max_tokens": 50,
            "temperature": 0,
            "stream": True,
        }
    ]


async def test_unnamed_model_is_the_first_that_writes(service: str) -> None:
    model = OpenAILanguageModel(f"{service}/v1")
    assert await model.name() == "qwen3:4b"
    await model.close()


async def test_answer_in_one_piece_is_taken(model: OpenAILanguageModel) -> None:
    Service.faults[:] = ["whole"]
    assert "".join(await said(model)) == "".join(WORDS)


async def test_thoughts_are_left_out(model: OpenAILanguageModel) -> None:
    Service.faults[:] = ["thought"]
    assert "".join(await said(model)) == "".join(WORDS)


@pytest.mark.parametrize("fault", ["429", "500"])
async def test_busy_service_is_outlived(model: OpenAILanguageModel, fault: str) -> None:
    Service.faults[:] = [fault, fault]
    assert await said(model) == list(WORDS)
    assert len(SLEPT) == 2


async def test_server_says_how_long(model: OpenAILanguageModel) -> None:
    Service.faults[:] = ["429"]
    await said(model)
    assert 2.4 <= SLEPT[0] <= 3.6


@pytest.mark.parametrize(
    ("faults", "kind", "ending"),
    [
        (["500"] * 9, ModelDownError, "is busy or broken (status 500)"),
        (["429"] * 9, ModelDownError, "is busy or broken (status 429)"),
        (["401"], ModelRefusedError, "refused with status 401"),
        (["404"], ModelRefusedError, "refused with status 404"),
        (["garbage"], ModelDownError, "gave an answer that is no chat completion"),
        (["shape"], ModelCutError, "gave an answer that is no chat completion"),
        (["cut"], ModelCutError, "broke off in the middle of an answer"),
        (["unfinished"], ModelCutError, "broke off in the middle of an answer"),
        (["says"], ModelCutError, "says: out of memory"),
        (["silent"], ModelCutError, "fell silent in the middle of an answer"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
async def test_lasting_fault_is_named(
    model: OpenAILanguageModel,
    service: str,
    faults: list[str],
    kind: type[ModelDownError],
    ending: str,
) -> None:
    Service.faults[:] = faults
    with pytest.raises(ModelDownError) as caught:
        await said(model)
    assert type(caught.value) is kind
    assert str(caught.value) == f"language model: `{service}/v1/chat/completions` {ending}"
    assert "sk-hidden" not in repr(caught.value.as_dict())
    assert len(Service.requests) <= 4


async def test_list_that_is_none_is_named(service: str) -> None:
    Service.faults[:] = ["garbage"]
    model = OpenAILanguageModel(service)
    with pytest.raises(ModelDownError) as caught:
        await model.name()
    assert str(caught.value) == (
        f"language model: `{service}/v1/models` gave an answer that is no list of models"
    )
    await model.close()


async def test_closed_port_is_named() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    model = OpenAILanguageModel(f"http://127.0.0.1:{port}", model="x", sleep=record_sleep)
    with pytest.raises(ModelDownError, match="does not answer"):
        await said(model)
    await model.close()


async def test_endless_answer_is_stopped(service: str) -> None:
    model = OpenAILanguageModel(service, model="x", longest_seconds=0.2)
    Service.faults[:] = ["endless"]
    with pytest.raises(ModelCutError, match="did not come to an end"):
        await said(model)
    await model.close()
    assert Service.gone.wait(3)


async def test_leaving_closes_the_connection(model: OpenAILanguageModel) -> None:
    """Whoever stops listening stops the model: the service sees the connection close."""
    Service.faults[:] = ["endless"]
    async with aclosing(model.write(ASKED, max_tokens=50)) as pieces:
        assert await anext(pieces) == "on and "
    assert Service.gone.wait(3)
