"""What an agent sees and may call: its list, its groups, plain HTTP, and how it gets in."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from hearth_server.testing.edge import Lab

pytestmark = pytest.mark.unit

USUAL = {
    "list_documents",
    "get_document",
    "get_available_sources",
    "delete_document",
    "repeat_word",
    "agent_query",
    "who_am_i",
    "search_tools",
}


async def listed(client: httpx2.AsyncClient, **headers: str) -> set[str]:
    answer = await client.get("/mcp/tools", headers=headers)
    assert answer.status_code == 200, answer.text
    return {each["name"] for each in answer.json()["tools"]}


async def search(client: httpx2.AsyncClient, **arguments: Any) -> dict[str, Any]:
    answer = await client.post("/mcp/tools/search_tools", json=arguments)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_list_is_short_at_first(agent: httpx2.AsyncClient) -> None:
    assert await listed(agent) == USUAL


async def test_tool_off_the_list_is_refused(agent: httpx2.AsyncClient) -> None:
    answer = await agent.post("/mcp/tools/list_api_tokens")
    assert (answer.status_code, answer.json()["code"]) == (403, "tool-not-listed")
    assert answer.json()["message"] == (
        "tool `list_api_tokens`: is not on your list, find it with `search_tools` first"
    )
    assert (await agent.post("/api/v1/tools/list_api_tokens")).status_code == 200


async def test_search_puts_tools_on_the_list(agent: httpx2.AsyncClient) -> None:
    found = await search(agent, query="revoke API tokens", limit=3)
    assert found["tools"][0]["name"] == "revoke_api_token"
    assert found["tools"][0]["input_schema"]["required"] == ["token_id"]
    assert "revoke_api_token" in found["enabled"]
    assert set(found["enabled"]) <= await listed(agent)
    answer = await agent.post("/mcp/tools/list_api_tokens")
    assert answer.status_code == (200 if "list_api_tokens" in found["enabled"] else 403)


async def test_looking_changes_no_list(agent: httpx2.AsyncClient) -> None:
    found = await search(agent, group="identity", limit=20, enable=False)
    assert {"create_link_code", "list_api_tokens"} <= {each["name"] for each in found["tools"]}
    assert found["enabled"] == []
    assert await listed(agent) == USUAL


async def test_lists_are_a_tokens_own(lab: Lab) -> None:
    ada = lab.add_person()
    async with (
        lab.client(token=lab.add_token(ada, name="one")) as one,
        lab.client(token=lab.add_token(ada, name="two")) as two,
    ):
        await search(one, group="samples", limit=20)
        assert await listed(one) - USUAL == {"break_down"}
        assert await listed(two) == USUAL


async def test_search_shows_no_more_than_is_allowed(lab: Lab) -> None:
    token = lab.add_token(lab.add_person(), "knowledge:read")
    async with lab.client(token=token) as client:
        found = await search(client, limit=20)
        names = {each["name"] for each in found["tools"]}
        assert names == {
            "list_documents",
            "get_document",
            "get_available_sources",
            "repeat_word",
            "break_down",
            "agent_query",
            "enhanced_search",
            "find_things",
            "explore_graph",
            "search_graph",
            "search_tools",
        }
        for tool in ("delete_document", "list_api_tokens"):
            refused = await client.post(f"/mcp/tools/{tool}")
            assert refused.json()["code"] == "scope-missing"


async def test_token_is_held_to_its_groups(lab: Lab, agent: httpx2.AsyncClient) -> None:
    body = {"name": "narrow", "scopes": ["knowledge:read", "tokens:write"], "groups": ["samples"]}
    made = (await agent.post("/api/me/tokens", json=body)).json()
    assert made["token"]["groups"] == ["samples"]
    async with lab.client(token=made["secret"]) as narrow:
        assert await listed(narrow) == {"repeat_word", "search_tools"}
        for path in ("/mcp/tools/list_documents", "/api/v1/tools/list_documents"):
            refused = await narrow.post(path)
            assert (refused.status_code, refused.json()["code"]) == (403, "group-missing")
        upload = await narrow.get("/api/v1/documents/events")
        assert upload.json()["code"] == "group-missing"


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([], "groups: expected 1 to 50, found 0"),
        (["sample"], "groups: unknown group `sample`, the nearest known one is `samples`"),
    ],
)
async def test_unknown_group_is_named(
    agent: httpx2.AsyncClient, groups: list[str], message: str
) -> None:
    body = {"name": "x", "scopes": ["knowledge:read"], "groups": groups}
    answer = await agent.post("/api/me/tokens", json=body)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


async def test_scope_that_lacks_is_asked_for(lab: Lab) -> None:
    token = lab.add_token(lab.add_person(), "knowledge:read")
    async with lab.client(token=token) as client:
        answer = await client.get("/api/me")
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="hearth", error="insufficient_scope", scope="identity:read"'
    )


@pytest.mark.parametrize("path", ["", "/mcp"])
async def test_metadata_describes_what_was_asked_for(
    anybody: httpx2.AsyncClient, path: str
) -> None:
    """A client must refuse metadata whose `resource` is not the one it asked about."""
    answer = await anybody.get(f"/.well-known/oauth-protected-resource{path}")
    metadata = answer.json()
    assert metadata["resource"] == f"http://hearth.test{path}"
    assert metadata["bearer_methods_supported"] == ["header"]
    assert "act-for" in metadata["scopes_supported"]
    assert metadata["resource_documentation"] == "http://hearth.test/docs"


@pytest.mark.parametrize("path", ["/mcp", "/mcp/tools", "/mcp/tools/who_am_i"])
async def test_refusal_leads_to_metadata(anybody: httpx2.AsyncClient, path: str) -> None:
    answer = await anybody.post(path, headers={"authorization": "Bearer hearth_nonsense"})
    if answer.status_code == 405:
        answer = await anybody.get(path, headers={"authorization": "Bearer hearth_nonsense"})
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    assert 'error="invalid_token"' in challenge
    url = challenge.partition('resource_metadata="')[2].rstrip('"')
    assert (await anybody.get(url)).json()["resource"] == "http://hearth.test/mcp"


async def test_session_is_no_agent(browser: httpx2.AsyncClient) -> None:
    headers = {"x-csrf-token": browser.headers["x-test-csrf"]}
    assert (await browser.get("/mcp/tools")).status_code == 401
    assert (await browser.post("/mcp/tools/who_am_i", headers=headers)).status_code == 401
