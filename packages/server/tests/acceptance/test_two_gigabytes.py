"""Bodies of two gigabytes over a real socket: what they cost, and what is left of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import psutil
import pytest
from hearth_server.testing.accounts import add_account
from hearth_server.testing.postgres import Urls

if TYPE_CHECKING:
    from conftest import Deployment

pytestmark = [pytest.mark.acceptance, pytest.mark.large, pytest.mark.timeout(600)]

BLOCK = bytes(1024 * 1024)
BLOCKS = 2 * 1024
HEAD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="x.txt"\r\n\r\n'
TAIL = b"\r\n--b--\r\n"
GROWTH = 100 * 1024 * 1024
"""What an upload may cost in memory: some blocks on their way, and nothing by its size."""


def size_of(folder: Path) -> int:
    """Give the bytes of all files in a folder, some of which go while one looks."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size if path.is_file() else 0
    return size


@dataclass
class Watched:
    """A server that takes files in, and the most memory that it was seen with."""

    deployment: Deployment
    process: psutil.Process
    token: str
    most: int = 0

    def look(self) -> None:
        self.most = max(self.most, self.process.memory_info().rss)

    async def until(self, wanted: Callable[[int], bool]) -> None:
        """Wait until so many bytes are stored; a file of this size takes a moment to remove."""
        async with asyncio.timeout(60):
            while not wanted(size_of(self.deployment.data)):  # noqa: ASYNC110  the server does it
                await asyncio.sleep(0.1)

    async def documents(self) -> int:
        headers = {"authorization": f"Bearer {self.token}"}
        async with httpx2.AsyncClient(base_url=self.deployment.url, headers=headers) as client:
            return int((await client.post("/api/v1/tools/list_documents")).json()["total"])

    @asynccontextmanager
    async def sending(
        self, framing: str
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Begin an upload; `framing` is the header that says how long it is."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.deployment.port)
        writer.write(
            (
                "POST /api/v1/documents HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                f"Authorization: Bearer {self.token}\r\n{framing}\r\n"
                "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
            ).encode()
        )
        try:
            yield reader, writer
        finally:
            writer.close()


async def watch(deployment: Deployment, urls: Urls, *, limit: int) -> Watched:
    deployment.environment["HEARTH_UPLOAD_LIMIT"] = str(limit)
    process = psutil.Process((await asyncio.to_thread(deployment.serve)).pid)
    _, token = await add_account(urls.app)
    watched = Watched(deployment=deployment, process=process, token=token)
    # What it loads at its first use is no upload's cost.
    assert await watched.documents() == 0
    return watched


async def test_upload_cut_at_its_end_costs_no_memory_and_leaves_nothing(
    deployment: Deployment, urls: Urls
) -> None:
    server = await watch(deployment, urls, limit=4 * 1024**3)
    before = server.process.memory_info().rss
    length = len(HEAD) + BLOCKS * len(BLOCK) + len(TAIL)
    async with server.sending(f"Content-Length: {length}") as (reader, writer):
        writer.write(HEAD)
        for number in range(BLOCKS):
            writer.write(BLOCK)
            await writer.drain()
            if number % 64 == 0:
                server.look()
        await server.until(lambda stored: stored > (BLOCKS - 8) * len(BLOCK))
        server.look()
        writer.close()
        assert await reader.read() == b""
    await server.until(lambda stored: stored == 0)
    assert await server.documents() == 0
    assert server.most - before < GROWTH


async def test_upload_beyond_the_limit_is_refused_and_leaves_nothing(
    deployment: Deployment, urls: Urls
) -> None:
    """Its length is not announced, so that the limit is met at the last megabyte."""
    server = await watch(deployment, urls, limit=(BLOCKS - 1) * len(BLOCK))
    before = server.process.memory_info().rss
    async with server.sending("Transfer-Encoding: chunked") as (reader, writer):

        async def send() -> None:
            for number, piece in enumerate((HEAD, *[BLOCK] * BLOCKS, TAIL, b"")):
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                await writer.drain()
                if number % 64 == 0:
                    server.look()

        sent, answer = await asyncio.gather(send(), reader.read(), return_exceptions=True)
    assert sent is None or isinstance(sent, ConnectionError)
    assert isinstance(answer, bytes), answer
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert json.loads(body)["code"] == "body-too-large"
    await server.until(lambda stored: stored == 0)
    assert await server.documents() == 0
    assert server.most - before < GROWTH
