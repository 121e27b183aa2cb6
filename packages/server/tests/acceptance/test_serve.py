"""The running server: sign in, agents, hostile requests on the wire, large files, a clean end."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import psutil
import pytest
from hearth_kit import tokens
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

if TYPE_CHECKING:
    from conftest import Deployment

pytestmark = pytest.mark.acceptance

VALID = tokens.make_token(bytes(32)).reveal()


async def sign_in(deployment: Deployment, client: httpx2.AsyncClient, *whose: str) -> str:
    """Sign a client in as its person would; give the proof of its session."""
    link = str(deployment.sign_in_link(*whose)["url"])
    page = await client.get(link)
    found = re.search(r'name="link" value="([^"]+)"', page.text)
    assert found is not None
    await client.post("/sign-in", data={"link": found[1]})
    proof = re.search(r'name="csrf-token" content="(\w+)"', (await client.get("/me")).text)
    assert proof is not None
    return proof[1]


async def make_token(deployment: Deployment, *scopes: str, whose: tuple[str, ...] = ()) -> str:
    async with httpx2.AsyncClient(base_url=deployment.url) as client:
        proof = await sign_in(deployment, client, *whose)
        answer = await client.post(
            "/api/v1/tools/create_api_token",
            json={"name": "test", "scopes": list(scopes)},
            headers={"x-csrf-token": proof},
        )
    assert answer.status_code == 200
    return str(answer.json()["secret"])


@asynccontextmanager
async def agent(deployment: Deployment, token: str, path: str = "/mcp") -> AsyncIterator[Client]:
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers) as http:
        transport = streamable_http_client(f"{deployment.url}{path}", http_client=http)
        async with Client(transport) as client:
            yield client


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
async def test_agent_sees_its_tools(deployment: Deployment, path: str) -> None:
    deployment.serve()
    token = await make_token(deployment, "knowledge:read")
    async with agent(deployment, token, path) as client:
        listed = {each.name: each for each in (await client.list_tools()).tools}
        assert set(listed) == {
            "search_knowledge_base",
            "list_documents",
            "get_document",
            "get_available_sources",
            "agent_query",
            "search_tools",
        }
        search = listed["search_knowledge_base"]
        assert search.annotations is not None
        assert search.annotations.read_only_hint is True
        assert search.input_schema["additionalProperties"] is False
        called = await client.call_tool("list_documents", {"limit": 3})
        assert called.is_error is False
        assert called.structured_content == {
            "documents": [],
            "total": 0,
            "limit": 3,
            "offset": 0,
        }


async def test_agent_is_told_what_is_wrong(deployment: Deployment) -> None:
    deployment.serve()
    token = await make_token(deployment, "knowledge:read")
    async with agent(deployment, token) as client:
        unknown = await client.call_tool("list_documents", {"limti": 3})
        assert unknown.is_error is True
        assert unknown.content[0].text == (  # type: ignore[union-attr]  # it is text
            "tool `list_documents`: limti: unknown argument, the nearest known one is `limit`"
        )
        refused = await client.call_tool("ingest_text", {"text": "a"})
        assert refused.is_error is True
        assert refused.structured_content["error"]["code"] == "scope-missing"
        with pytest.raises(MCPError) as caught:
            await client.call_tool("list_document", {})
        assert str(caught.value) == (
            "tool `list_document`: there is none of that name, the nearest one is `list_documents`"
        )


def initialize(version: str = "2025-06-18") -> dict[str, Any]:
    client = {"name": "old", "version": "1"}
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": client}
    return {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}


async def test_older_agents_are_served(deployment: Deployment) -> None:
    deployment.serve()
    token = await make_token(deployment, "knowledge:read")
    headers = {
        "authorization": f"Bearer {token}",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2025-06-18",
    }
    async with httpx2.AsyncClient(base_url=deployment.url, headers=headers) as client:
        hello = await client.post("/mcp", json=initialize())
        assert hello.json()["result"]["serverInfo"]["name"] == "hearth"
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        listed = (await client.post("/mcp", json=call)).json()["result"]["tools"]
        assert "list_documents" in {each["name"] for each in listed}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.test"}, 421),
        ({"origin": "https://evil.test"}, 403),
        ({"host": "lambda-server:8000"}, 200),
    ],
)
async def test_agent_names_the_host(
    deployment: Deployment, headers: dict[str, str], status: int
) -> None:
    deployment.serve()
    token = await make_token(deployment, "knowledge:read")
    given = {"authorization": f"Bearer {token}", "accept": "application/json, text/event-stream"}
    async with httpx2.AsyncClient(base_url=deployment.url) as client:
        answer = await client.post("/mcp", json=initialize(), headers=given | headers)
    assert answer.status_code == status


async def test_two_people_are_apart(deployment: Deployment) -> None:
    deployment.serve()
    scopes = ("knowledge:read", "knowledge:write")
    ada = await make_token(deployment, *scopes)
    eve = await make_token(deployment, *scopes, whose=("--email", "eve@example.com", "--create"))
    async with agent(deployment, ada) as hers, agent(deployment, eve) as others:
        made = await hers.call_tool("ingest_text", {"text": "the key is under the mat"})
        document_id = made.structured_content["id"]
        assert (await others.call_tool("list_documents", {})).structured_content["total"] == 0
        await others.call_tool("search_tools", {"group": "knowledge", "limit": 20})
        for name in ("get_document", "delete_document", "cancel_document", "retry_document"):
            refused = await others.call_tool(name, {"document_id": document_id})
            assert refused.structured_content["error"]["code"] == "document-not-found"
        assert (await hers.call_tool("list_documents", {})).structured_content["total"] == 1


def exchange(port: int, request: bytes) -> bytes:
    """Send raw bytes and read until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(request)
        answer = b""
        try:
            while piece := wire.recv(65536):
                answer += piece
        except ConnectionResetError:
            return answer
        return answer


HOSTILE = {
    "huge header": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    "null in path": b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "no HTTP": b"\x16\x03\x01" + b"\x00" * 100 + b"\r\n\r\n",
    "two lengths": b"POST /api/v1/tools/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
    b"Content-Length: 2\r\n\r\nab",
    "length and chunks": b"POST /api/v1/tools/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: nonsense\r\n\r\n",
}


async def test_hostile_bytes_are_refused(deployment: Deployment) -> None:
    deployment.serve()
    for name, request in HOSTILE.items():
        answer = await asyncio.to_thread(exchange, deployment.port, request)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.split(b" ")[1][:1] == b"4", (name, answer[:100])
        assert b"content-type: application/problem+json" in head.lower(), (name, head)
        # It may come in chunks, as no application measured it.
        assert re.search(rb'\{"title":.*"code":"[a-z-]+".*\}', body), (name, body)
    async with httpx2.AsyncClient(base_url=deployment.url) as client:
        assert (await client.get("/health")).status_code == 200
    assert "Traceback" not in deployment.log("serve")


def stored(deployment: Deployment) -> list[Path]:
    return [path for path in deployment.data.rglob("*") if path.is_file()]


async def test_cut_upload_leaves_nothing(deployment: Deployment) -> None:
    deployment.serve()
    token = await make_token(deployment, "knowledge:read", "knowledge:write")
    head = (
        f"POST /api/v1/documents HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="files"; filename="../../x.txt"\r\n\r\n'
    )
    with socket.create_connection(("127.0.0.1", deployment.port)) as wire:
        wire.sendall(head.encode() + b"a" * 3_000_000)
    async with agent(deployment, token) as client:
        for _ in range(50):
            if not stored(deployment):
                break
            await asyncio.sleep(0.1)
        assert stored(deployment) == []
        assert (await client.call_tool("list_documents", {})).structured_content["total"] == 0
    assert "Traceback" not in deployment.log("serve")


async def test_large_upload_needs_little_memory(deployment: Deployment) -> None:
    process = deployment.serve()
    token = await make_token(deployment, "knowledge:read", "knowledge:write")
    server = psutil.Process(process.pid)
    before = server.memory_info().rss
    peak = before

    async def form() -> AsyncIterator[bytes]:
        nonlocal peak
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="big.txt"\r\n\r\n'
        for number in range(200):
            yield bytes([number % 64 + 32]) * 1_000_000
            peak = max(peak, server.memory_info().rss)
        yield b"\r\n--b--\r\n"

    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "multipart/form-data; boundary=b",
    }
    async with httpx2.AsyncClient(base_url=deployment.url, timeout=60) as client:
        answer = await client.post("/api/v1/documents", content=form(), headers=headers)
    assert answer.status_code == 201
    assert answer.json()["documents"][0]["size_bytes"] == 200_000_000
    assert sum(path.stat().st_size for path in stored(deployment)) == 200_000_000
    assert peak - before < 40_000_000


async def test_hostile_name_is_a_label(deployment: Deployment) -> None:
    deployment.serve()
    token = await make_token(deployment, "knowledge:read", "knowledge:write")
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=deployment.url, headers=headers) as client:
        files = {"files": ("../../x.txt", b"harmless")}
        answer = await client.post("/api/v1/documents", files=files)
    assert answer.status_code == 201
    assert "/" not in answer.json()["documents"][0]["title"]
    assert not (deployment.data.parent / "x.txt").exists()
    assert all(path.is_relative_to(deployment.data / "objects") for path in stored(deployment))


async def test_stop_is_clean(deployment: Deployment) -> None:
    process = deployment.serve()
    token = await make_token(deployment, "knowledge:read")
    headers = {"authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(base_url=deployment.url, headers=headers) as client,
        client.stream("GET", "/api/v1/documents/events") as events,
    ):
        chunks = events.aiter_bytes()
        assert await anext(chunks) == b"retry: 2000\n\n"
        process.terminate()
        assert [each async for each in chunks] == []
        code = await asyncio.to_thread(process.wait, 10)
    assert code in {0, -15}
    assert "Traceback" not in deployment.log("serve")


async def test_log_is_json_without_secrets(deployment: Deployment) -> None:
    deployment.serve()
    token = await make_token(deployment, "knowledge:read")
    text = deployment.log("serve")
    lines = [json.loads(line) for line in text.splitlines()]
    requests = [line for line in lines if line["message"] == "request"]
    assert {"POST", "GET"} == {line["method"] for line in requests}
    assert token not in text
    assert "link=" not in text


async def test_lost_database_is_named(deployment: Deployment) -> None:
    nowhere = {"HEARTH_DATABASE_URL": "postgresql://hearth_app:hunter2@127.0.0.1:1/hearth"}
    deployment.environment |= nowhere
    process = deployment.start("serve")
    async with httpx2.AsyncClient(base_url=deployment.url, timeout=20) as client:
        for _ in range(100):
            assert process.poll() is None
            try:
                assert (await client.get("/health")).status_code == 200
                break
            except httpx2.ConnectError:
                await asyncio.sleep(0.1)
        ready = await client.get("/health/ready")
        me = await client.get("/api/me", headers={"authorization": f"Bearer {VALID}"})
    assert ready.status_code == 503
    down = {each["name"]: each["status"] for each in ready.json()["dependencies"]}
    lost = dict.fromkeys(("postgres", "schema", "vectors"), "down")
    assert down == {"objects": "ready", **lost}
    assert me.status_code == 503
    assert me.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in ready.text + me.text + deployment.log("serve")
