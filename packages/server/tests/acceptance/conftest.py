"""The server as a process, over a real database, reached by real sockets."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hearth_server.testing.postgres import Postgres, Urls

if TYPE_CHECKING:
    from playwright.sync_api import Page

COMMAND = (sys.executable, "-m", "hearth_server")


@dataclass(slots=True)
class Deployment:
    """One database, one data folder, and the processes that were started over them."""

    environment: dict[str, str]
    url: str
    port: int
    data: Path
    logs: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    served_by: tuple[str, ...] = (*COMMAND, "serve")
    """What `serve` starts; a test may put a program of its own around the same parts."""

    def run(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            (*COMMAND, *arguments),
            env=self.environment | extra,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, verb: str) -> subprocess.Popen[bytes]:
        """Start a command that stays; its log is `{verb}.log`."""
        with (self.logs / f"{verb}.log").open("ab") as log:
            process = subprocess.Popen(
                self.served_by if verb == "serve" else (*COMMAND, verb),
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def serve(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it is ready."""
        process = self.start("serve")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert process.poll() is None, self.log("serve")
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/health/ready", timeout=2):
                return process
            time.sleep(0.1)
        raise AssertionError(self.log("serve"))

    def log(self, verb: str) -> str:
        """Read what a process wrote."""
        return (self.logs / f"{verb}.log").read_text()

    def sign_in_link(self, *arguments: str) -> dict[str, object]:
        """Make a sign-in link as `hearth up` does."""
        done = self.run("sign-in-link", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    def stop(self, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        """End processes, gently first."""
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def deployment(postgres: Postgres, urls: Urls, tmp_path: Path) -> Iterator[Deployment]:
    """Prepare a deployment; whatever was started is ended."""
    port = free_port()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HEARTH_")}
    environment = kept | {
        "HEARTH_DATABASE_URL": urls.app.reveal(),
        "HEARTH_DATABASE_OWNER_URL": urls.owner.reveal(),
        "HEARTH_DATA_DIR": str(tmp_path / "data"),
        "HEARTH_PORT": str(port),
    }
    made = Deployment(
        environment=environment,
        url=f"http://127.0.0.1:{port}",
        port=port,
        data=tmp_path / "data",
        logs=tmp_path,
    )
    try:
        yield made
    finally:
        made.stop(made.processes)


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture
def page(deployment: Deployment, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a signed-in browser over a whole deployment; a script's error fails the test.

    So does a file that cannot be loaded, but not a page that says no: a form is refused by one.
    """
    playwright = pytest.importorskip("playwright.sync_api")
    deployment.serve()
    deployment.start("worker")
    has_script = getattr(request, "param", True)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        opened = browser.new_page(base_url=deployment.url, java_script_enabled=has_script)
        opened.set_default_timeout(20_000)
        faults: list[tuple[str, str]] = []
        pages: set[str] = set()
        opened.on("pageerror", lambda error: faults.append((str(error), "")))
        opened.on(
            "console",
            lambda told: (
                faults.append((told.text, told.location["url"])) if told.type == "error" else None
            ),
        )
        opened.on(
            "request", lambda sent: pages.add(sent.url) if sent.is_navigation_request() else None
        )
        opened.goto(str(deployment.sign_in_link()["url"]))
        opened.get_by_role("button", name="Sign in to Hearth").click()
        opened.wait_for_url(f"{deployment.url}/")
        yield opened
        browser.close()
        assert [text for text, url in faults if url not in pages] == []
