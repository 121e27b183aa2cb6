"""The token that the platform's own services show: made outside, kept by the server, reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest
from hearth_kit.tokens import make_token

if TYPE_CHECKING:
    from conftest import Deployment

pytestmark = pytest.mark.acceptance

FIRST = make_token(b"1" * 32).reveal()
SECOND = make_token(b"2" * 32).reveal()


def given(deployment: Deployment, token: str) -> None:
    deployment.environment["HEARTH_TOOLS_TOKEN"] = token


async def ask(deployment: Deployment, token: str, method: str, **params: object) -> httpx2.Response:
    """Send one request as an agent does that keeps no session."""
    headers = {
        "authorization": f"Bearer {token}",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2025-06-18",
    }
    sent = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    async with httpx2.AsyncClient() as client:
        return await client.post(f"{deployment.url}/mcp", json=sent, headers=headers)


async def tools_of(deployment: Deployment, token: str) -> set[str]:
    answer = await ask(deployment, token, "tools/list")
    assert answer.status_code == 200
    return {each["name"] for each in answer.json()["result"]["tools"]}


async def test_services_see_reading_tools_from_the_first_link_on(deployment: Deployment) -> None:
    given(deployment, FIRST)
    assert deployment.run("migrate").returncode == 0
    deployment.serve()
    # There is nobody yet whose documents it could read.
    assert (await ask(deployment, FIRST, "tools/list")).status_code == 401
    deployment.sign_in_link()
    listed = await tools_of(deployment, FIRST)
    assert {"search_knowledge_base", "list_documents"} <= listed
    assert not {name for name in listed if name.startswith(("add_", "delete_", "create_"))}
    called = await ask(
        deployment, FIRST, "tools/call", name="list_documents", arguments={"limit": 1}
    )
    assert called.json()["result"]["isError"] is False
    written = await ask(
        deployment, FIRST, "tools/call", name="create_api_token", arguments={"name": "x"}
    )
    assert "result" not in written.json() or written.json()["result"]["isError"] is True


async def test_new_token_takes_the_place_of_the_old(deployment: Deployment) -> None:
    given(deployment, FIRST)
    deployment.sign_in_link()
    given(deployment, SECOND)
    for _ in range(2):
        assert deployment.run("migrate").returncode == 0
    deployment.serve()
    assert "search_knowledge_base" in await tools_of(deployment, SECOND)
    assert (await ask(deployment, FIRST, "tools/list")).status_code == 401


def test_malformed_token_is_refused_unseen(deployment: Deployment) -> None:
    given(deployment, "sk-another-secret")
    done = deployment.run("migrate")
    assert done.returncode == 2
    assert done.stderr == (
        "error: HEARTH_TOOLS_TOKEN: expected an API token, which begins with `hearth_`"
        " (from environment)\n\nhint: hearth-server settings\n"
    )
