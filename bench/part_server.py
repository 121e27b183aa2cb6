"""What identity costs: our server beside itself without a gate, and beside the bare MCP SDK."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psutil
from hearth_kit.clock import SystemClock
from hearth_kit.ids import uuid7
from hearth_server.adapters.postgres.meters import PostgresMeters
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.identity.model import Limits
from hearth_server.testing.accounts import add_account
from hearth_server.testing.postgres import Urls, running_postgres
from load import measure, request_of
from report import Report
from served import await_listening, end, environment, free_port

SECONDS = 0.25
"""Of one round. Short, so that what else the machine does meets every server alike."""
ROUNDS = 6
"""A run has so many."""
MCP_CONNECTIONS = 4
OURS, OPEN, BARE = "hearth", "hearth without a gate", "bare SDK"
AGENT = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}


def run(report: Report, *, runs: int) -> None:
    """Report ratios; each round asks every server in turn."""
    print("\nserver: identity")
    with running_postgres(settings=()) as postgres:
        urls = postgres.create()
        user_id, token = asyncio.run(add_account(urls.app))
        with _servers(urls, user_id) as ports:
            bearer = {"authorization": f"Bearer {token}"}
            for what, path, body in (
                ("list_documents", "/api/v1/tools/list_documents", {"limit": 10}),
                ("search_tools (no store)", "/api/v1/tools/search_tools", {"enable": False}),
            ):
                asked = {
                    name: (port, request_of(port, "POST", path, headers=bearer, body=body))
                    for name, port in ports.items()
                    if name != BARE
                }
                found = _in_turn(asked, runs=runs, connections=1)
                cost = _ratio(found, OPEN, lambda each: each.p50)
                report.figure("server", f"REST {what}: p50", _p50(found[OURS]), unit="ms")
                report.figure(
                    "server", f"REST {what}: with identity", cost, unit="× without", limit=1.25
                )
                work = _cpu(found[OURS]) / _cpu(found[OPEN])
                report.figure("server", f"REST {what}: by CPU", work, unit="× without")
            for what, method, params in (
                ("tools/call", "tools/call", {"name": "list_documents", "arguments": {}}),
                ("tools/list", "tools/list", {}),
            ):
                body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
                asked = {
                    name: (
                        port,
                        request_of(port, "POST", "/mcp", headers=bearer | AGENT, body=body),
                    )
                    for name, port in ports.items()
                    if name != OPEN
                }
                found = _in_turn(asked, runs=runs, connections=MCP_CONNECTIONS)
                share = _ratio(found, BARE, lambda each: each.per_second)
                work = _cpu(found[BARE]) / _cpu(found[OURS])
                report.figure("server", f"MCP {what}", _rate(found[OURS]), unit="a second")
                report.figure(
                    "server",
                    f"MCP {what}: throughput",
                    share,
                    unit="× bare SDK",
                    limit=0.8,
                    at_least=True,
                )
                # Throughput of one process by the CPU it needs: what others do here counts less.
                report.figure("server", f"MCP {what}: by CPU", work, unit="× bare SDK")
        report.figure("server", "one count in Postgres: p50", asyncio.run(_count(urls)), unit="ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one server did in one round."""

    requests: int
    per_second: float
    p50: float
    cpu: float
    """Seconds of the server's own CPU, all requests together."""


def _owner(port: int) -> int:
    """Find the process that listens on a port."""
    for each in psutil.net_connections("tcp4"):
        if each.status == psutil.CONN_LISTEN and each.laddr[1] == port and each.pid:
            return each.pid
    raise SystemExit(f"server: nobody listens on {port}")


def _in_turn(
    asked: Mapping[str, tuple[int, bytes]], *, runs: int, connections: int
) -> dict[str, list[Round]]:
    found: dict[str, list[Round]] = {name: [] for name in asked}
    for port, request in asked.values():
        measure(port, request, seconds=0.5, connections=connections)
    for _ in range(runs * ROUNDS):
        for name, (port, request) in asked.items():
            process = psutil.Process(_owner(port))
            before = sum(process.cpu_times()[:2])
            load = measure(port, request, seconds=SECONDS, connections=connections)
            spent = sum(process.cpu_times()[:2]) - before
            found[name].append(
                Round(requests=load.requests, per_second=load.per_second, p50=load.p50, cpu=spent)
            )
    return found


def _ratio(found: Mapping[str, list[Round]], peer: str, value: Callable[[Round], float]) -> float:
    """Compare ours with a peer round by round, and give the median."""
    pairs = zip(found[OURS], found[peer], strict=True)
    return statistics.median(value(ours) / value(theirs) for ours, theirs in pairs)


def _p50(loads: list[Round]) -> float:
    return statistics.median(each.p50 for each in loads)


def _cpu(rounds: list[Round]) -> float:
    # The clock of it ticks every 10 ms, so a round alone would say little.
    return sum(each.cpu for each in rounds) / sum(each.requests for each in rounds)


def _rate(loads: list[Round]) -> float:
    return statistics.median(each.per_second for each in loads)


async def _count(urls: Urls) -> float:
    """Time the one statement that counts a request for a person and a token."""
    limits = Limits(per_minute=6_000_000, burst=120, per_day=10**9)
    subjects = [(uuid7(), limits), (uuid7(), limits)]
    database = Database(urls.app)
    await database.open()
    meters = PostgresMeters(database)
    times = []
    for _ in range(500):
        begun = time.perf_counter()
        await meters.take(subjects, wanted=6, now=SystemClock().now())
        times.append((time.perf_counter() - begun) * 1000)
    await database.close()
    return statistics.median(times)


@contextlib.contextmanager
def _servers(urls: Urls, user_id: UUID) -> Iterator[dict[str, int]]:
    """Start the three."""
    with (
        tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder,
        contextlib.ExitStack() as on,
    ):
        ports: dict[str, int] = {}
        for name in (OURS, OPEN, BARE):
            port = ports[name] = free_port()
            ours = [sys.executable, "-m", "hearth_server", "serve"]
            peer = [sys.executable, str(Path(__file__).with_name("server_peers.py"))]
            kind = {OPEN: "open", BARE: "bare"}.get(name, "")
            argv = [*peer, kind, str(port), str(user_id)] if kind else ours
            process = subprocess.Popen(
                argv, env=environment(urls, Path(folder), port), stdin=subprocess.DEVNULL
            )
            on.callback(end, process)
            await_listening(port, process)
        yield ports
