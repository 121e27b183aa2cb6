"""What the running server does with clients that break off, send nonsense, or never finish."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from hearth_server.testing.accounts import add_account
from hearth_server.testing.postgres import Urls

if TYPE_CHECKING:
    from conftest import Deployment

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]


@asynccontextmanager
async def person(deployment: Deployment, urls: Urls) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a client with a token that may do everything."""
    _, token = await add_account(urls.app)
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=deployment.url, headers=headers, timeout=30) as client:
        yield client
    log = deployment.log("serve")
    assert token not in log
    assert "Traceback" not in log


async def documents(client: httpx2.AsyncClient) -> int:
    answer = await client.post("/api/v1/tools/list_documents")
    return int(answer.json()["total"])


def stored(deployment: Deployment) -> list[Path]:
    return [path for path in deployment.data.rglob("*") if path.is_file()]


async def test_large_upload_that_is_cut_leaves_nothing(deployment: Deployment, urls: Urls) -> None:
    """Two gigabytes are announced, a tenth of them comes."""
    deployment.environment["HEARTH_UPLOAD_LIMIT"] = "3000000000"
    deployment.serve()
    async with person(deployment, urls) as client:
        bearer = client.headers["authorization"]
        head = (
            f"POST /api/v1/documents HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 2000000000\r\n\r\n"
            '--b\r\nContent-Disposition: form-data; name="files"; filename="x.txt"\r\n\r\n'
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", deployment.port)
        writer.write(head.encode())
        for _ in range(200):
            writer.write(bytes(1_000_000))
            await writer.drain()
        assert sum(path.stat().st_size for path in stored(deployment)) > 100_000_000
        writer.close()
        for _ in range(100):
            if not stored(deployment):
                break
            await asyncio.sleep(0.1)
        assert stored(deployment) == []
        assert await documents(client) == 0
        assert await reader.read() == b""


DEEP = b"[" * 100_000
HOSTILE = {
    "nested list": b'{"title": ' + DEEP + b"]" * 100_000 + b"}",
    "nested and open": b'{"title": ' + DEEP,
    "nested objects": b'{"title":' * 100_000 + b"1" + b"}" * 100_000,
    "not a number": b'{"limit": NaN}',
    "infinity": b'{"limit": 1e999}',
    "half a character": b'{"title": "\\ud800"}',
    "null byte": b'{"title": "a\\u0000b"}',
    "raw null byte": b'{"title": "a\x00b"}',
    "no UTF-8": b'{"title": "\xff\xfe"}',
    "long number": b'{"limit": ' + b"9" * 5_000 + b"}",
    "no object": b'"text"',
}


async def test_hostile_json_is_refused(deployment: Deployment, urls: Urls) -> None:
    deployment.serve()
    kind = {"content-type": "application/json"}
    agent = kind | {
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2025-06-18",
    }
    frame = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":%s}'
    async with person(deployment, urls) as client:
        for name, body in HOSTILE.items():
            for path in ("/api/v1/tools/list_documents", "/mcp/tools/list_documents"):
                answer = await client.post(path, content=body, headers=kind)
                assert answer.status_code == 422, (name, path, answer.text[:300])
            params = b'{"name": "list_documents", "arguments": %s}' % body
            for whole in (body, frame % params):
                answer = await client.post("/mcp", content=whole, headers=agent)
                assert answer.status_code in {200, 400}, (name, answer.text[:300])
                told = answer.json()
                is_told = "error" in told or told["result"].get("isError")
                assert is_told, (name, answer.text[:300])
        # Of two values of one name the last one counts, as for JSON.parse.
        twice = await client.post(
            "/api/v1/tools/list_documents", content=b'{"limit": 1, "limit": 7}', headers=kind
        )
        assert twice.json()["limit"] == 7


async def test_clients_that_do_not_finish_are_left(deployment: Deployment, urls: Urls) -> None:
    deployment.environment |= {"HEARTH_RATE_LIMIT": "0", "HEARTH_TOKEN_RATE_LIMIT": "0"}
    deployment.served_by = (sys.executable, str(Path(__file__).with_name("hasty_server.py")))
    deployment.serve()
    async with person(deployment, urls) as client:
        bearer = client.headers["authorization"]
        half = [
            b"GET /health HTTP/1.1\r\nHost: a\r\nX-Half: ",
            b"",
            f"POST /api/v1/tools/list_documents HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n"
            'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"limit"'.encode(),
        ]
        held = [await asyncio.open_connection("127.0.0.1", deployment.port) for _ in range(300)]
        for number, (_, writer) in enumerate(held):
            writer.write(half[number % len(half)])
        assert await documents(client) == 0
        async with asyncio.timeout(30):
            ends = await asyncio.gather(*(reader.read() for reader, _ in held))
        assert set(ends) == {b""}
        # Whoever sends slowly but goes on is waited for.
        assert await trickled(deployment.port) == b"HTTP/1.1 200"
        assert await documents(client) == 0
        for _, writer in held:
            writer.close()


async def trickled(port: int) -> bytes:
    """Send a body in pieces, each in time, for longer than a silence may be."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b"x" * 8
    writer.write(b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n")
    answer = b""
    for number in range(len(body)):
        writer.write(body[number : number + 1])
        await asyncio.sleep(0.5)
    async with asyncio.timeout(5):
        answer = await reader.readexactly(12)
    writer.close()
    return answer
