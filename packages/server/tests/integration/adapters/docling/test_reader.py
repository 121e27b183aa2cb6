"""The reader over docling-serve against a stand-in on a real socket, good answers and bad.

The stand-in speaks the documented protocol; no Docling runs here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hearth_kit.secret import Secret
from hearth_server.adapters.docling.reader import DoclingReader
from hearth_server.capabilities.knowledge.errors import (
    ConverterDownError,
    TooLargeError,
    UnreadableError,
)
from hearth_server.capabilities.knowledge.split import BlockKind

pytestmark = pytest.mark.integration

TEXTS = [
    {"label": "title", "text": "Atlas", "prov": [{"page_no": 1}]},
    {"label": "section_header", "text": "Rivers", "level": 2, "prov": [{"page_no": 1}]},
    {"label": "text", "text": "The Danube is long.", "prov": [{"page_no": 1}]},
    {"label": "page_footer", "text": "Page 1", "content_layer": "furniture"},
    {"label": "list_item", "text": "bring a map", "prov": [{"page_no": 2}]},
    {"label": "code", "text": "GET /river", "prov": []},
]
TABLE = {
    "prov": [{"page_no": 2}],
    "data": {"grid": [[{"text": "River"}, {"text": "km"}], [{"text": "Danube"}, {"text": "2850"}]]},
}
ORDER = ("texts/0", "texts/1", "texts/2", "texts/3", "groups/0", "tables/0", "texts/9", "nothing")
DOCUMENT: dict[str, Any] = {
    "body": {"children": [{"$ref": f"#/{each}"} for each in ORDER]},
    "texts": TEXTS,
    "tables": [TABLE],
    "groups": [{"children": [{"$ref": "#/texts/4"}, {"$ref": "#/texts/5"}]}],
}


class Service(BaseHTTPRequestHandler):
    """Takes one file, is busy for two polls, then gives the document; faults come first."""

    protocol_version = "HTTP/1.1"
    faults: ClassVar[dict[str, tuple[int, Any]]] = {}
    asked: ClassVar[list[tuple[str, str | None]]] = []
    sent: ClassVar[bytes] = b""
    polls: ClassVar[int] = 0

    def do_POST(self) -> None:
        length = self.headers["content-length"]
        type(self).sent = self.rfile.read(int(length)) if length else self.read_chunks()
        self.answer("submit", {"task_id": "t1", "task_status": "pending"})

    def do_GET(self) -> None:
        if self.path.startswith("/v1/status/poll/t1"):
            type(self).polls += 1
            status = "started" if self.polls < 3 else "success"
            self.answer("poll", {"task_id": "t1", "task_status": status})
        else:
            self.answer("result", {"status": "success", "document": {"json_content": DOCUMENT}})

    def read_chunks(self) -> bytes:
        data = b""
        while size := int(self.rfile.readline(), 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def answer(self, step: str, value: Any) -> None:
        self.asked.append((self.path, self.headers.get("x-api-key")))
        status, value = self.faults.get(step, (200, value))
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def url() -> Iterator[str]:
    Service.faults, Service.asked, Service.polls = {}, [], 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


async def read(
    url: str, folder: Path, **settings: Any
) -> list[tuple[BlockKind, int, int | None, str]]:
    path = folder / "original"
    path.write_bytes(b"%PDF-scan")
    reader = DoclingReader(url, api_key=Secret("k3y"), **settings)
    try:
        return [
            (block.kind, block.level, block.page, block.text)
            async for part in reader.convert(path, media_type="application/pdf", name="private.pdf")
            for block in part.blocks
        ]
    finally:
        await reader.close()


async def test_document_is_taken_with_its_layout(url: str, tmp_path: Path) -> None:
    assert await read(url, tmp_path) == [
        (BlockKind.HEADING, 0, 1, "Atlas"),
        (BlockKind.HEADING, 2, 1, "Rivers"),
        (BlockKind.TEXT, 0, 1, "The Danube is long."),
        (BlockKind.TEXT, 0, 2, "- bring a map"),
        (BlockKind.CODE, 0, None, "GET /river"),
        (BlockKind.TABLE, 0, 2, "River | km\nDanube | 2850"),
    ]
    assert Service.polls == 3
    assert {key for _, key in Service.asked} == {"k3y"}


async def test_file_is_sent_without_its_name(url: str, tmp_path: Path) -> None:
    await read(url, tmp_path)
    assert b"%PDF-scan" in Service.sent
    assert b'filename="document.pdf"' in Service.sent
    assert b"private" not in Service.sent


FAILED = {"status": "failure", "document": {"json_content": None}}


@pytest.mark.parametrize(
    ("step", "answer", "error", "message"),
    [
        ("submit", (413, {}), TooLargeError,
         "file `private.pdf`: is larger than the document converter takes"),
        ("submit", (401, {}), ConverterDownError, "documents: `URL` refused with status 401"),
        ("submit", (200, b"<html>"), ConverterDownError,
         "documents: `URL` gave an answer that is not docling-serve's"),
        ("poll", (200, {"task_status": "failure"}), UnreadableError,
         "file `private.pdf`: the document converter cannot read it"),
        ("poll", (404, {}), ConverterDownError, "documents: `URL` has forgotten its task"),
        ("result", (500, {}), ConverterDownError, "documents: `URL` refused with status 500"),
        ("result", (200, b"{"), ConverterDownError,
         "documents: `URL` gave an answer that is not docling-serve's"),
        ("result", (200, FAILED), UnreadableError,
         "file `private.pdf`: the document converter cannot read it"),
    ],
)  # fmt: skip
async def test_bad_answer_is_explained(
    url: str,
    tmp_path: Path,
    step: str,
    answer: tuple[int, Any],
    error: type[Exception],
    message: str,
) -> None:
    Service.faults = {step: answer}
    with pytest.raises(error) as caught:
        await read(url, tmp_path)
    assert str(caught.value) == message.replace("URL", url)


async def test_slow_service_is_given_up(url: str, tmp_path: Path) -> None:
    Service.faults = {"poll": (200, {"task_status": "started"})}
    with pytest.raises(ConverterDownError) as caught:
        await read(url, tmp_path, whole_seconds=1.0)
    assert str(caught.value) == f"documents: `{url}` took more than 1 s"


async def test_service_that_is_gone_may_come_back(tmp_path: Path) -> None:
    with pytest.raises(ConverterDownError) as caught:
        await read("http://127.0.0.1:9", tmp_path)
    assert str(caught.value) == "documents: `http://127.0.0.1:9` does not answer"
    assert caught.value.hint == "hearth status docling-serve"
