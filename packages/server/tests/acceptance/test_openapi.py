"""What the OpenAPI document promises, asked of the running server route by route.

schemathesis makes the requests from the document alone: valid ones, ones that break it in one
place, ones without a sign-in, and chains in which one route's answer is another's question.
`HEARTH_EXAMPLES` says how many of the random ones a route gets.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hearth_server.testing.accounts import add_account
from hearth_server.testing.postgres import Urls

if TYPE_CHECKING:
    from conftest import Deployment

EXAMPLES = int(os.environ.get("HEARTH_EXAMPLES", "3"))

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180 + 60 * EXAMPLES)]

HERE = Path(__file__).parent
ST = Path(sys.executable).with_name("st")
STREAM = "/api/v1/documents/events"
"""It does not end; what it tells is tried elsewhere."""


async def test_server_keeps_what_its_document_promises(
    deployment: Deployment, urls: Urls, tmp_path: Path
) -> None:
    # Nobody asks as fast as a test: the limits have tests of their own.
    deployment.environment |= {"HEARTH_RATE_LIMIT": "0", "HEARTH_TOKEN_RATE_LIMIT": "0"}
    deployment.environment["HEARTH_DATABASE_ADMIN_URL"] = urls.looks.reveal()
    deployment.serve()
    _, token = await add_account(urls.app)
    said, code = await asyncio.to_thread(ask_everything, deployment, token, tmp_path)
    assert code == 0, said[-20_000:]
    answered = statuses(deployment.log("serve"))
    assert not [status for status in answered if status >= 500]
    # The requests reached what they were made for, and were not all turned away at the door.
    assert answered[200] + answered[201] + answered[204] > 200, answered
    assert answered[401] < sum(answered.values()) / 5, answered
    assert "Traceback" not in deployment.log("serve")


def ask_everything(deployment: Deployment, token: str, folder: Path) -> tuple[str, int]:
    """Run `st`; give what it said and its exit code."""
    proof = f"Authorization: Bearer {token}"
    name, _, value = proof.partition(": ")
    own = httpx2.get(f"{deployment.url}/api/me/tokens", headers={name: value}).json()
    done = subprocess.run(
        (
            *(str(ST), "--config-file", str(HERE / "openapi.toml")),
            *(
                "run",
                f"{deployment.url}/openapi.json",
                "--header",
                f"Authorization: Bearer {token}",
            ),
            *("--seed", "1", "--generation-deterministic"),
            *("--max-examples", str(EXAMPLES), "--no-shrink", "--continue-on-failure"),
            *("--request-timeout", "30", "--exclude-path", STREAM, "--no-color"),
        ),
        env=os.environ
        | {
            "HEARTH_TEST_TOKEN_ID": own[0]["id"],
            "PYTHONPATH": os.pathsep.join((str(HERE), os.environ.get("PYTHONPATH", ""))),
            "SCHEMATHESIS_HOOKS": "openapi_hooks",
        },
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    return done.stdout + done.stderr, done.returncode


def statuses(log: str) -> Counter[int]:
    """Count the statuses that a server answered with, by its log."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.splitlines()]
    return Counter(line["status"] for line in lines if line["message"] == "request")
