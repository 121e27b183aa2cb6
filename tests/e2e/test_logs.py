"""A real Loki under the catalog's own configuration must take lines in, find them and keep them.

The collector is no part of this: the lines are pushed as Alloy pushes them.
"""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from compose_bench import eventually
from journey import Installation
from lab.ports import free_base_port
from lab.shell import run

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]

STREAM = {"service": "n8n", "unit": "n8n-worker", "project": "hearth-test"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs(Installation):
    """An installation with Loki alone."""

    url: str

    def get(self, path: str, **query: str) -> str:
        asked = f"{self.url}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return str(answer.read(), "utf-8")

    def push(self, *lines: str) -> None:
        """Send lines of one unit, all of now."""
        values = [[str(time.time_ns()), line] for line in lines]
        body = json.dumps({"streams": [{"stream": STREAM, "values": values}]}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/loki/api/v1/push", body, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 204

    def find(self, query: str) -> list[tuple[dict[str, str], str]]:
        """Ask in Loki's language; each line with the labels it is found by."""
        found: dict[str, Any] = json.loads(self.get("/loki/api/v1/query_range", query=query))
        return [
            (one["stream"], line)
            for one in found["data"]["result"]
            for _, line in sorted(one["values"])
        ]


@pytest.fixture(scope="module")
def logs(engine: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logs]:
    home = tmp_path_factory.mktemp("logs")
    base = free_base_port()
    chosen = "LOKI_SOURCE=container\nLOKI_RETENTION=48h\n"
    (home / ".env").write_text(f"ENGINE=compose\nPRESET=none\nBASE_PORT={base}\n{chosen}")
    made = Logs(home=home, url=f"http://127.0.0.1:{base + 92}")
    try:
        made.must("up", "--yes")
        yield made
    finally:
        made.run("down", "--delete-data", "--yes")


def test_line_is_found_by_its_service_and_its_words(logs: Logs) -> None:
    logs.push("workflow 7 started", "workflow 7 failed: no such table")
    (found,) = logs.find('{service="n8n"} |= "failed"')
    labels, line = found
    assert line == "workflow 7 failed: no such table"
    assert labels.items() >= STREAM.items()
    assert logs.find('{service="ollama"}') == []


def test_settings_of_the_person_hold(logs: Logs) -> None:
    said = logs.get("/config")
    assert "\n  retention_period: 2d\n" in said
    assert "\n  retention_enabled: true\n" in said


def test_line_outlives_its_container(logs: Logs) -> None:
    """Killed without a warning, and made anew: what was said must be in the volume by then."""
    logs.push("the last words of a unit that is gone")
    wanted = "label=hearth.service=loki"
    project = json.loads(logs.must("plan", "--json"))["project"]
    mine = ("--filter", wanted, "--filter", f"label=hearth.project={project}")
    (container,) = run("docker", "ps", "--quiet", *mine).split()
    run("docker", "rm", "--force", container)
    logs.must("up", "--yes")
    eventually(
        lambda: len(logs.find('{unit="n8n-worker"} |= "last words"')) == 1,
        "the line of before is found",
    )
