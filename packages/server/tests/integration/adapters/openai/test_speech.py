"""The reader of recordings against a stand-in on a real socket; nothing listens to sound here."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hearth_kit.secret import Secret
from hearth_server.adapters.openai.speech import SpeechReader
from hearth_server.capabilities.knowledge.errors import (
    ConverterDownError,
    TooLargeError,
    UnreadableError,
)

pytestmark = pytest.mark.integration


class Service(BaseHTTPRequestHandler):
    """Gives what it is told to, whatever it hears."""

    told: ClassVar[tuple[int, Any]] = (200, {})
    heard: ClassVar[tuple[str, str | None, bytes]] = ("", None, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        type(self).heard = (self.path, self.headers.get("authorization"), body)
        status, value = self.told
        answer = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


async def read(url: str, folder: Path) -> list[str]:
    path = folder / "original"
    path.write_bytes(b"ID3 sound")
    reader = SpeechReader(url, model="small", api_key=Secret("k3y"))
    try:
        return [
            block.text
            async for part in reader.convert(path, media_type="audio/mpeg", name="a.mp3")
            for block in part.blocks
        ]
    finally:
        await reader.close()


async def test_each_minute_is_a_paragraph_with_its_time(url: str, tmp_path: Path) -> None:
    starts = (0, 20, 55, 61, 3700)
    segments = [{"start": at, "end": at + 5, "text": f" At {at}."} for at in starts]
    Service.told = (200, {"text": "all", "segments": segments})
    assert await read(url, tmp_path) == [
        "[0:00:00] At 0. At 20. At 55.",
        "[0:01:01] At 61.",
        "[1:01:40] At 3700.",
    ]
    path, key, body = Service.heard
    assert (path, key) == ("/v1/audio/transcriptions", "Bearer k3y")
    assert b"ID3 sound" in body
    assert b'filename="recording.mp3"' in body


async def test_answer_without_times_is_one_text(url: str, tmp_path: Path) -> None:
    Service.told = (200, {"text": " The Danube is long. "})
    assert await read(url, tmp_path) == ["The Danube is long."]


async def test_silence_has_no_text(url: str, tmp_path: Path) -> None:
    Service.told = (200, {"text": "", "segments": []})
    assert await read(url, tmp_path) == []


@pytest.mark.parametrize(
    ("told", "error", "message"),
    [
        ((413, {}), TooLargeError, "file `a.mp3`: is larger than the speech service takes"),
        ((415, {}), UnreadableError, "file `a.mp3`: the speech service cannot read it"),
        ((503, {}), ConverterDownError, "speech: `URL` refused with status 503"),
        ((200, b"<html>"), ConverterDownError,
         "speech: `URL` gave an answer that is no transcript"),
        ((200, {"segments": [{"text": 1}]}), ConverterDownError,
         "speech: `URL` gave an answer that is no transcript"),
        ((200, []), ConverterDownError, "speech: `URL` gave an answer that is no transcript"),
    ],
)  # fmt: skip
async def test_bad_answer_is_explained(
    url: str, tmp_path: Path, told: tuple[int, Any], error: type[Exception], message: str
) -> None:
    Service.told = told
    with pytest.raises(error) as caught:
        await read(url, tmp_path)
    assert str(caught.value) == message.replace("URL", f"{url}/v1/audio/transcriptions")
