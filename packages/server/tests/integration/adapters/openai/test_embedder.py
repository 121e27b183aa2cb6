"""The HTTP embedder against a real local server that speaks the protocol, and breaks it."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from hearth_kit.secret import Secret
from hearth_server.adapters.openai.embedder import OpenAIEmbedder
from hearth_server.capabilities.knowledge.errors import EmbedderDownError
from hearth_server.testing.conformance import check_embedder

pytestmark = pytest.mark.integration

DIMENSION = 8


class Service(BaseHTTPRequestHandler):
    """Embeds by hash; `faults` are answered first, one a request."""

    protocol_version = "HTTP/1.1"
    faults: ClassVar[list[str]] = []
    requests: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        key = self.headers.get("authorization")
        self.requests.append({"path": self.path, "key": key, **body})
        fault = self.faults.pop(0) if self.faults else ""
        match fault:
            case "429":
                self.answer(429, b"{}", {"retry-after": "7"})
            case "500" | "401" | "404":
                self.answer(int(fault), b'{"error": "no"}')
            case "cut":
                self.send_response(200)
                self.send_header("content-length", "10000")
                self.end_headers()
                self.wfile.write(b'{"data": [')
                self.close_connection = True
            case "garbage":
                self.answer(200, b"<html>gateway</html>")
            case "few":
                self.answer(200, b'{"data": []}')
            case "nan":
                row = {"index": 0, "embedding": [float("nan")] * DIMENSION}
                self.answer(200, json.dumps({"data": [row]}).encode())
            case "short":
                row = {"index": 0, "embedding": [1.0, 2.0]}
                self.answer(200, json.dumps({"data": [row]}).encode())
            case _:
                self.answer(200, json.dumps({"data": embed(body["input"])}).encode())

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


def embed(texts: list[str]) -> list[dict[str, Any]]:
    """Give rows in the wrong order: only `index` says where one belongs."""
    rows = [
        {"index": n, "embedding": [b - 127.5 for b in hashlib.sha256(t.encode()).digest()[:8]]}
        for n, t in enumerate(texts)
    ]
    return rows[::-1]


@pytest.fixture
def service() -> Iterator[str]:
    Service.faults, Service.requests = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
async def embedder(service: str) -> AsyncIterator[OpenAIEmbedder]:
    made = OpenAIEmbedder(service, model="nomic", api_key=Secret("sk-hidden"), sleep=record_sleep)
    SLEPT.clear()
    yield made
    await made.close()


SLEPT: list[float] = []


async def record_sleep(seconds: float) -> None:
    SLEPT.append(seconds)


async def test_openai_conforms(embedder: OpenAIEmbedder) -> None:
    await check_embedder(embedder)


async def test_request_is_the_protocols(embedder: OpenAIEmbedder) -> None:
    await embedder.embed(["one", "two"])
    assert Service.requests[-1] == {
        "path": "/v1/embeddings",
        "key": "Bearer sk-hidden",
        "model": "nomic",
        "input": ["one", "two"],
        "encoding_format": "float",
    }


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/", "/v1/embeddings"])
async def test_address_in_any_form(service: str, ending: str) -> None:
    embedder = OpenAIEmbedder(service + ending, model="nomic")
    assert (await embedder.info()).dimension == DIMENSION
    await embedder.close()
    assert Service.requests[-1]["path"] == "/v1/embeddings"


@pytest.mark.parametrize("fault", ["429", "500", "cut"])
async def test_passing_fault_is_outlived(embedder: OpenAIEmbedder, fault: str) -> None:
    Service.faults[:] = [fault, fault]
    assert (await embedder.info()).dimension == DIMENSION
    assert len(SLEPT) == 2


async def test_server_says_how_long(embedder: OpenAIEmbedder) -> None:
    Service.faults[:] = ["429"]
    await embedder.info()
    assert 5.6 <= SLEPT[0] <= 8.4


@pytest.mark.parametrize(
    ("faults", "ending"),
    [
        (["500"] * 9, "is busy or broken (status 500)"),
        (["429"] * 9, "is busy or broken (status 429)"),
        (["cut"] * 9, "does not answer"),
        (["401"], "refused with status 401"),
        (["404"], "refused with status 404"),
        (["garbage"], "gave an answer that is no list of vectors"),
        (["few"], "gave 0 vectors for 1 texts"),
    ],
    ids=["broken", "busy", "cut", "key", "model", "garbage", "few"],
)
async def test_lasting_fault_is_named(
    embedder: OpenAIEmbedder, service: str, faults: list[str], ending: str
) -> None:
    Service.faults[:] = faults
    with pytest.raises(EmbedderDownError) as caught:
        await embedder.info()
    assert str(caught.value) == f"embedder: `{service}/v1/embeddings` {ending}"
    assert "sk-hidden" not in repr(caught.value.as_dict())
    assert len(Service.requests) <= 4


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("nan", "embedder: gave numbers that are not finite"),
        ("short", "embedder: gave 2 numbers a text, expected 8"),
    ],
)
async def test_nonsense_is_refused(embedder: OpenAIEmbedder, fault: str, message: str) -> None:
    await embedder.info()
    Service.faults[:] = [fault]
    with pytest.raises(EmbedderDownError) as caught:
        await embedder.embed(["one"])
    assert str(caught.value) == message


async def test_closed_port_is_named() -> None:
    embedder = OpenAIEmbedder("http://127.0.0.1:1", model="x", sleep=record_sleep)
    with pytest.raises(EmbedderDownError) as caught:
        await embedder.info()
    assert str(caught.value) == "embedder: `http://127.0.0.1:1/v1/embeddings` does not answer"
    await embedder.close()


async def test_slow_server_ends() -> None:
    SLEPT.clear()
    # Connections wait in the backlog of one who never takes them.
    with socket.create_server(("127.0.0.1", 0)) as mute:
        embedder = OpenAIEmbedder(
            f"http://127.0.0.1:{mute.getsockname()[1]}",
            model="x",
            timeout_seconds=0.1,
            sleep=record_sleep,
        )
        with pytest.raises(EmbedderDownError, match="does not answer"):
            await embedder.info()
        await embedder.close()
    assert len(SLEPT) == 3
