"""X must Y: who is signed in must be told truly which services of the plan are up.

The server and PostgreSQL are real, Ollama and n8n placeholders: what is proven is what the server
sees from within its networks, and not how those two are.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from journey import Installation, signed_in
from lab.ports import free_base_port

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

SETTINGS = """\
ENGINE=compose
PRESET=none
LAMBDA_SERVER_SOURCE=container
LAMBDA_WORKER_SOURCE=container
OLLAMA_SOURCE=container
N8N_SOURCE=container
"""

States = dict[str, tuple[str, str]]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".env").write_text(f"{SETTINGS}BASE_PORT={free_base_port()}\n")
    made = Installation(home=home)
    yield made
    made.run("down", "--delete-data", "--yes")


def states(client: httpx2.Client) -> States:
    """Give each service's state and why, by its name."""
    answer = client.get("/api/v1/health/stack")
    assert answer.status_code == 200, answer.text
    return {each["name"]: (each["state"], each["detail"]) for each in answer.json()["services"]}


def until(client: httpx2.Client, name: str, state: str) -> States:
    """Ask until a service is seen in a state; what was seen is kept for ten seconds."""
    deadline = time.monotonic() + 60
    while (seen := states(client))[name][0] != state:
        assert time.monotonic() < deadline, seen
        time.sleep(1)
    return seen


def test_services_are_seen_as_they_are(installation: Installation) -> None:
    installation.must("up", "--yes", timeout_seconds=500)
    planned = json.loads(installation.must("plan", "--json"))
    with signed_in(installation) as client:
        seen = states(client)
        assert set(seen) == {each["name"] for each in planned["services"]}
        for up in ("lambda-server", "postgres", "ollama"):
            assert seen[up][0] == "up", seen
        # It shares no network with either, so it asks neither and calls neither down.
        for apart in ("n8n", "lambda-worker"):
            assert seen[apart][0] == "unknown", seen
            assert seen[apart][1], seen

        stopped = f"{planned['project']}-ollama-1"
        subprocess.run(("docker", "stop", "--time", "1", stopped), check=True, capture_output=True)
        seen = until(client, "ollama", "down")
        assert seen["postgres"][0] == "up"
        assert seen["n8n"][0] == "unknown"
        # It answers without a model, so it stays ready.
        assert client.get("/health/ready").status_code == 200
        assert "1 down" in client.get("/services").text

        subprocess.run(("docker", "start", stopped), check=True, capture_output=True)
        until(client, "ollama", "up")
