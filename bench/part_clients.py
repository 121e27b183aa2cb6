"""200 clients for a minute: no errors, nothing that holds up the rest, no memory that grows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from hearth_server.testing.accounts import add_account
from hearth_server.testing.postgres import Urls, running_postgres
from load import request_of
from report import Report
from served import await_listening, end, environment, free_port

CLIENTS = 200
STREAMS = 20
"""How many of them only follow the progress of their documents."""
PEOPLE = 20
SECONDS = 60.0
THINKING_SECONDS = 1.0
STALL_MILLISECONDS = 50.0
AGENT = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}
WORDS = ("river", "flour", "ladder", "copper", "winter", "harbour", "engine", "violin", "meadow")


def run(report: Report, *, runs: int) -> None:
    """Report what clients and server saw; one round, however many `runs`."""
    del runs
    print(f"\nclients: {CLIENTS} for {SECONDS:g} s")
    with running_postgres(settings=()) as postgres, _deployment(postgres.create()) as served:
        seen = asyncio.run(_besiege(served))
        watched = json.loads(served.watched.read_text())
    report.figure("clients", "errors", sum(seen.errors.values()), unit="requests", limit=0)
    for what, count in seen.errors.most_common(5):
        print(f"    {count} × {what}")
    report.figure("clients", "answered", len(seen.times) / SECONDS, unit="a second")
    report.figure("clients", "p50", statistics.median(seen.times), unit="ms")
    report.figure("clients", "p99", statistics.quantiles(seen.times, n=100)[98], unit="ms")
    report.figure(
        "clients",
        "longest hold of the loop, by CPU",
        watched["longest_cpu"] * 1000,
        unit="ms",
        limit=STALL_MILLISECONDS,
    )
    report.figure(
        "clients",
        "longest hold of the loop, by the clock",
        watched["longest_wall"] * 1000,
        unit="ms",
    )
    report.figure("clients", "longest collection", watched["collecting"] * 1000, unit="ms")
    for each in watched["long"][:5]:
        print(f"    {each['cpu'] * 1000:.0f} ms: {each['what'][:240]}")
    early, late = seen.memory[0], seen.memory[-1]
    report.figure("clients", "memory after 10 s", early / 1e6, unit="MB")
    report.figure("clients", "memory after 60 s", late / early, unit="× after 10 s", limit=1.05)


@dataclass(slots=True, kw_only=True)
class Seen:
    """What clients and the machine saw."""

    times: list[float] = field(default_factory=list)
    """Milliseconds."""
    errors: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)
    """Bytes of the server's resident memory, from 10 s on, every 10 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running deployment, and what its people sign in with."""

    port: int
    process: subprocess.Popen[bytes]
    watched: Path
    tokens: tuple[str, ...]


@contextlib.contextmanager
def _deployment(urls: Urls) -> Iterator[Served]:
    """Start server and worker, and fill in some documents for everybody."""
    with (
        tempfile.TemporaryDirectory(prefix="hearth-bench-") as name,
        contextlib.ExitStack() as on,
    ):
        folder, port = Path(name), free_port()
        given = environment(urls, folder, port)
        watched = folder / "watched.json"
        script = Path(__file__).with_name("watched_server.py")
        process = subprocess.Popen((sys.executable, str(script), str(watched)), env=given)
        on.callback(end, process)
        worker = subprocess.Popen((sys.executable, "-m", "hearth_server", "worker"), env=given)
        on.callback(end, worker)
        tokens = asyncio.run(_people(urls))
        await_listening(port, process)
        yield Served(port=port, process=process, watched=watched, tokens=tokens)


async def _people(urls: Urls) -> tuple[str, ...]:
    made = [await add_account(urls.app, f"{number}@example.org") for number in range(PEOPLE)]
    return tuple(token for _, token in made)


def _request(served: Served, token: str, chance: random.Random) -> tuple[bytes, str]:
    """Choose what a client asks next, as people and their agents do; give it and its name."""
    bearer = {"authorization": f"Bearer {token}"}

    def tool(name: str, **arguments: object) -> tuple[bytes, str]:
        path = f"/api/v1/tools/{name}"
        return request_of(served.port, "POST", path, headers=bearer, body=arguments), name

    def agent(method: str, **params: object) -> tuple[bytes, str]:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        request = request_of(served.port, "POST", "/mcp", headers=bearer | AGENT, body=body)
        return request, f"MCP {method}"

    dice = chance.random()
    if dice < 0.3:
        return tool("list_documents", limit=20)
    if dice < 0.5:
        return tool("search_knowledge_base", query=" ".join(chance.sample(WORDS, 2)))
    if dice < 0.7:
        return agent("tools/call", name="list_documents", arguments={"limit": 20})
    if dice < 0.8:
        return agent("tools/list")
    if dice < 0.95:
        return request_of(served.port, "GET", "/api/me", headers=bearer), "me"
    return tool("ingest_text", text=_text(chance), title="note")


def _text(chance: random.Random) -> str:
    return "\n\n".join(" ".join(chance.choices(WORDS, k=40)) for _ in range(5))


async def _besiege(served: Served) -> Seen:
    seen = Seen()
    for token in served.tokens:
        for number in range(3):
            text = {"text": _text(random.Random(number)), "title": f"first {number}"}
            bearer = {"authorization": f"Bearer {token}"}
            path = "/api/v1/tools/ingest_text"
            request = request_of(served.port, "POST", path, headers=bearer, body=text)
            await _client(served, [(request, "fill")], seen)
    await asyncio.sleep(5)
    seen.times.clear()
    served.process.send_signal(signal.SIGUSR1)
    until = time.monotonic() + SECONDS
    async with asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            token = served.tokens[number % PEOPLE]
            if number < STREAMS:
                group.create_task(_follow(served, token, until, seen))
            else:
                group.create_task(_visit(served, token, until, random.Random(number), seen))
        group.create_task(_weigh(served, until, seen))
    served.process.send_signal(signal.SIGUSR2)
    await asyncio.sleep(0.5)
    return seen


async def _weigh(served: Served, until: float, seen: Seen) -> None:
    server = psutil.Process(served.process.pid)
    while time.monotonic() < until - 1:
        await asyncio.sleep(min(10.0, until - time.monotonic() - 0.5))
        seen.memory.append(server.memory_info().rss)


async def _visit(
    served: Served, token: str, until: float, chance: random.Random, seen: Seen
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    await asyncio.sleep(chance.uniform(0, THINKING_SECONDS))
    while time.monotonic() < until:
        request, what = _request(served, token, chance)
        try:
            await _ask(reader, writer, request, what, seen)
        except (OSError, asyncio.IncompleteReadError) as error:
            seen.errors[f"{what}: {type(error).__name__}"] += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        await asyncio.sleep(chance.uniform(0.5, 1.5) * THINKING_SECONDS)
    writer.close()


async def _client(served: Served, requests: list[tuple[bytes, str]], seen: Seen) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    for request, what in requests:
        await _ask(reader, writer, request, what, seen)
    writer.close()


async def _ask(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: bytes,
    what: str,
    seen: Seen,
) -> None:
    begun = time.perf_counter()
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    seen.times.append((time.perf_counter() - begun) * 1000)
    status = head.split(b" ")[1].decode()
    if status not in {"200", "201"} or b'"isError":true' in body:
        seen.errors[f"{what}: {status} {body[:120].decode(errors='replace')}"] += 1


async def _follow(served: Served, token: str, until: float, seen: Seen) -> None:
    """Follow the news of one's documents until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    bearer = {"authorization": f"Bearer {token}"}
    writer.write(request_of(served.port, "GET", "/api/v1/documents/events", headers=bearer))
    told: Any = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(until - time.monotonic()):
            while piece := await reader.read(65536):
                told = told or piece
            seen.errors["events: ended"] += 1
    if b" 200 " not in told[:20]:
        seen.errors[f"events: {told[:60]!r}"] += 1
    writer.close()
