"""Servers as processes over a real database, for the benchmarks that send them requests."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

from hearth_server.testing.postgres import Urls


def environment(urls: Urls, folder: Path, port: int) -> dict[str, str]:
    """Settings of one server; counting is on, with limits that no client here reaches."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HEARTH_")}
    return kept | {
        "HEARTH_DATABASE_URL": urls.app.reveal(),
        "HEARTH_DATA_DIR": str(folder / "data"),
        "HEARTH_PORT": str(port),
        "HEARTH_LOG_LEVEL": "warning",
        "HEARTH_RATE_LIMIT": "100000",
        "HEARTH_TOKEN_RATE_LIMIT": "100000",
        "HEARTH_RATE_BURST": "400",
        "HEARTH_TOKEN_RATE_BURST": "400",
        "HEARTH_DAILY_QUOTA": "2000000000",
        "HEARTH_TOKEN_DAILY_QUOTA": "2000000000",
    }


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def await_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"server: a process ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("server: a process does not listen")


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
