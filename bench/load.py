"""A load client: keeps connections open, sends one prepared request over and over, counts."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one round gave."""

    requests: int
    per_second: float
    p50: float
    """Milliseconds."""


def request_of(
    port: int, method: str, path: str, *, headers: Mapping[str, str], body: object = None
) -> bytes:
    """Write a whole request."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if data:
        lines += ["content-type: application/json", f"content-length: {len(data)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def measure(port: int, request: bytes, *, seconds: float, connections: int) -> Load:
    """Send a request from so many connections for so long; any status but 200 ends the run."""
    return asyncio.run(_measure(port, request, seconds, connections))


async def _measure(port: int, request: bytes, seconds: float, connections: int) -> Load:
    started = time.perf_counter()
    until = started + seconds
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_send(port, request, until)) for _ in range(connections)]
    took = time.perf_counter() - started
    times = [each for task in tasks for each in task.result()]
    return Load(requests=len(times), per_second=len(times) / took, p50=statistics.median(times))


async def _send(port: int, request: bytes, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: list[float] = []
    while (begun := time.perf_counter()) < until:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        if b" 200 " not in head.split(b"\r\n")[0] or b'"isError":true' in body:
            msg = f"expected status 200, found: {head[:200]!r} {body[:300]!r}"
            raise SystemExit(msg)
        times.append((time.perf_counter() - begun) * 1000)
    writer.close()
    return times
