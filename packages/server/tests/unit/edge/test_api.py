"""The REST edge: who may, what is said when not, and what hostile requests get."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hearth_kit.errors import UnavailableError
from hearth_server.testing.edge import Lab, make_lab

pytestmark = pytest.mark.unit


async def test_token_calls_tool(agent: httpx2.AsyncClient) -> None:
    answer = await agent.post("/api/v1/tools/repeat_word", json={"word": "a", "times": 2})
    assert (answer.status_code, answer.json()) == (200, "a a")
    assert answer.headers["content-type"] == "application/json"


async def test_me_says_who(agent: httpx2.AsyncClient) -> None:
    me = (await agent.get("/api/me")).json()
    assert (me["email"], me["kind"], me["name"], me["role"]) == (
        "agent@example.com",
        "token",
        "t",
        "user",
    )
    assert (me["tokens"], me["documents"]) == (1, 0)
    assert me["provisioning"][0]["state"] == "done"


STRANGERS: dict[str, dict[str, str]] = {
    "nothing": {},
    "forged e-mail": {"x-user-email": "agent@example.com"},
    "forged access": {"cf-access-authenticated-user-email": "agent@example.com"},
    "forged jwt": {"cf-access-jwt-assertion": "eyJhbGciOiJub25lIn0.e30."},
    "forged proxy": {"x-forwarded-user": "agent@example.com", "x-forwarded-for": "127.0.0.1"},
    "basic": {"authorization": "Basic YTpi"},
    "unknown token": {"authorization": "Bearer hearth_" + "A" * 49},
    "huge token": {"authorization": "Bearer " + "A" * 30_000},
    "empty token": {"authorization": "Bearer"},
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS.keys())
async def test_stranger_is_refused(
    lab: Lab, anybody: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    lab.add_person("agent@example.com")
    answer = await anybody.get("/api/me", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    was_shown = {"authorization", "cf-access-jwt-assertion"} & set(headers)
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="hearth", '
        + ('error="invalid_token", ' if was_shown else "")
        + 'resource_metadata="http://hearth.test/.well-known/oauth-protected-resource"'
    )
    assert answer.json() == {
        "title": "Unauthorized",
        "status": 401,
        "code": "not-signed-in",
        "message": "request: nobody is signed in, and no valid token was sent",
        "hint": "hearth open",
        "details": {},
    }


async def test_two_credentials_are_none(lab: Lab, anybody: httpx2.AsyncClient) -> None:
    token = lab.add_token(lab.add_person())
    headers = [("authorization", f"Bearer {token}")] * 2
    assert (await anybody.get("/api/me", headers=headers)).status_code == 401


async def test_bad_token_hides_session(browser: httpx2.AsyncClient) -> None:
    headers = {"authorization": "Bearer nonsense"}
    assert (await browser.get("/api/me")).status_code == 200
    assert (await browser.get("/api/me", headers=headers)).status_code == 401


async def test_token_expires(lab: Lab, agent: httpx2.AsyncClient) -> None:
    lab.clock.advance(timedelta(days=91))
    assert (await agent.get("/api/me")).status_code == 401


async def test_missing_scope_is_named(lab: Lab) -> None:
    token = lab.add_token(lab.add_person(), "knowledge:read", name="reader")
    async with lab.client(token=token) as client:
        answer = await client.post("/api/v1/tools/delete_document", json={})
        upload = await client.post("/api/v1/documents", files={"files": ("a.txt", b"a")})
    assert answer.status_code == upload.status_code == 403
    assert answer.json()["message"] == "scope `knowledge:write`: is needed, and `reader` lacks it"
    assert answer.json()["details"] == {"scope": "knowledge:write"}


async def test_revoked_token_is_refused(lab: Lab, agent: httpx2.AsyncClient) -> None:
    listed = (await agent.post("/api/v1/tools/list_api_tokens")).json()
    await agent.post("/api/v1/tools/revoke_api_token", json={"token_id": listed[0]["id"]})
    assert (await agent.get("/api/me")).status_code == 401


async def test_token_hands_on_no_more(lab: Lab) -> None:
    token = lab.add_token(lab.add_person(), "tokens:write")
    body = {"name": "more", "scopes": ["knowledge:read"]}
    async with lab.client(token=token) as client:
        answer = await client.post("/api/v1/tools/create_api_token", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-exceeded")


async def test_created_token_works(lab: Lab, agent: httpx2.AsyncClient) -> None:
    body = {"name": "phone", "scopes": ["knowledge:read"], "expires_in_days": 1}
    made = (await agent.post("/api/v1/tools/create_api_token", json=body)).json()
    async with lab.client(token=made["secret"]) as phone:
        assert (await phone.post("/api/v1/tools/list_documents")).status_code == 200
        assert (await phone.get("/api/me")).json()["code"] == "scope-missing"
    kept = str(lab.identity.tokens)
    assert made["secret"] not in kept


async def test_taken_name_is_refused(agent: httpx2.AsyncClient) -> None:
    body = {"name": "T", "scopes": ["knowledge:read"]}
    answer = await agent.post("/api/v1/tools/create_api_token", json=body)
    assert (answer.status_code, answer.json()["message"]) == (
        409,
        "token `T`: you have one of that name",
    )


async def test_others_token_is_not_found(lab: Lab, agent: httpx2.AsyncClient) -> None:
    lab.add_token(lab.add_person("eve@example.com"), name="hers")
    hers = next(each for each in lab.identity.tokens.values() if each.token.name == "hers")
    body = {"token_id": str(hers.token.id)}
    answer = await agent.post("/api/v1/tools/revoke_api_token", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "token-not-found")
    assert hers.token.id in lab.identity.tokens


def deep(levels: int) -> bytes:
    return b'{"word": ' + b"[" * levels + b"]" * levels + b"}"


HOSTILE: dict[str, tuple[bytes, str, int, str]] = {
    "no JSON": (b"{", "application/json", 422, "malformed-body"),
    "nested deep": (deep(100_000), "application/json", 422, "malformed-body"),
    "list": (b"[]", "application/json", 422, "malformed-body"),
    "NaN": (b'{"word": NaN}', "application/json", 422, "malformed-body"),
    "surrogate": (b'{"word": "\\ud800"}', "application/json", 422, "malformed-body"),
    "null byte": (b'{"word": "\\u0000"}', "application/json", 422, "arguments-invalid"),
    "wrong type": (b'{"word": 1}', "application/json", 422, "arguments-invalid"),
    "unknown": (b'{"word": "a", "wrod": 1}', "application/json", 422, "arguments-invalid"),
    "latin-1": (b'{"word": "\xe9"}', "application/json", 422, "malformed-body"),
    "form": (b"word=a", "application/x-www-form-urlencoded", 415, "media-type"),
    "no type": (b"{}", "", 415, "media-type"),
    "too large": (b" " * 1_100_000, "application/json", 413, "body-too-large"),
}


@pytest.mark.parametrize(("body", "kind", "status", "code"), HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_body_is_refused(
    agent: httpx2.AsyncClient, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = await agent.post(
        "/api/v1/tools/repeat_word", content=body, headers={"content-type": kind}
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_endless_body_is_cut(agent: httpx2.AsyncClient) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 50_000_000:
            sent += 100_000
            yield b" " * 100_000

    answer = await agent.post(
        "/api/v1/tools/repeat_word",
        content=endless(),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 413


async def test_unknown_tool_suggests(agent: httpx2.AsyncClient) -> None:
    answer = await agent.post("/api/v1/tools/repeat_words", json={})
    assert answer.status_code == 404
    assert answer.json()["message"] == (
        "tool `repeat_words`: there is none of that name, the nearest one is `repeat_word`"
    )


async def test_conflict_carries_hint(agent: httpx2.AsyncClient) -> None:
    answer = await agent.post("/api/v1/tools/break_down", json={"how": "conflict"})
    assert answer.status_code == 409
    assert answer.json()["hint"] == "hearth status"


async def test_crash_tells_nothing(
    agent: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await agent.post("/api/v1/tools/break_down", json={"how": "crash"})
    body = answer.json()
    assert (answer.status_code, body["code"]) == (500, "internal-error")
    assert "12345" not in answer.text
    assert body["details"]["request_id"] == answer.headers["x-request-id"]
    assert "request broke" in caplog.text


async def test_missing_route_is_problem(agent: httpx2.AsyncClient) -> None:
    answer = await agent.get("/api/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    wrong = await agent.delete("/api/me")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    # Two routes of one address: both are named.
    several = await agent.request("PUT", "/api/me/tokens")
    assert several.headers["allow"] == "GET, POST"


async def test_every_answer_is_guarded(anybody: httpx2.AsyncClient) -> None:
    for path in ("/health", "/api/me", "/sign-in", "/static/hearth.css", "/nothing"):
        headers = (await anybody.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers
        assert len(headers["x-request-id"]) == 16


async def test_log_keeps_secrets_out(
    lab: Lab, anybody: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    link = lab.add_link(lab.add_person())
    token = lab.add_token(lab.add_person("eve@example.com"))
    await anybody.get(f"/sign-in?link={link}")
    await anybody.post("/sign-in", data={"link": link})
    await anybody.get("/api/me", headers={"authorization": f"Bearer {token}"})
    ours = [each for each in caplog.records if each.name.startswith("hearth")]
    written = json.dumps([str(each.__dict__) for each in ours])
    assert "/sign-in" in written
    assert link not in written
    assert token not in written
    assert anybody.cookies["hearth_session"] not in written


async def test_ready_names_dependencies() -> None:
    async def is_down() -> None:
        msg = "postgres: does not answer"
        raise UnavailableError(msg)

    async def is_up() -> None:
        return None

    async def breaks() -> None:
        msg = "password=hunter2"
        raise RuntimeError(msg)

    lab = make_lab(checks={"postgres": is_down, "objects": is_up, "zebra": breaks})
    async with lab.client() as client:
        answer = await client.get("/health/ready")
        alive = await client.get("/health")
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not-ready",
        "dependencies": [
            {"name": "objects", "status": "ready", "reason": ""},
            {"name": "postgres", "status": "down", "reason": "postgres: does not answer"},
            {"name": "zebra", "status": "down", "reason": "zebra: its check broke"},
        ],
    }


async def test_openapi_types_each_tool(lab: Lab, anybody: httpx2.AsyncClient) -> None:
    document = (await anybody.get("/openapi.json")).json()
    operation = document["paths"]["/api/v1/tools/repeat_word"]["post"]
    taken = operation["requestBody"]["content"]["application/json"]["schema"]
    assert taken == {"$ref": "#/components/schemas/RepeatWordArguments"}
    assert document["components"]["schemas"]["RepeatWordArguments"]["required"] == ["word"]
    given = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert given == {"type": "string"}
    problem = operation["responses"]["404"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}
    assert operation["x-hearth-scope"] == "knowledge:read"
    named = {each.name for each in lab.parts.registry.all_tools()}
    paths = {path.rpartition("/")[2] for path in document["paths"] if "/v1/tools/" in path}
    assert paths == named


async def test_references_resolve(anybody: httpx2.AsyncClient) -> None:
    text = (await anybody.get("/openapi.json")).text
    schemas = json.loads(text)["components"]["schemas"]
    used = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert used <= set(schemas)
    assert "#/$defs/" not in text


async def test_mcp_needs_token(lab: Lab, browser: httpx2.AsyncClient) -> None:
    for path in ("/mcp", "/mcp/"):
        answer = await browser.post(path, json={})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == (
            'Bearer realm="hearth", '
            'resource_metadata="http://hearth.test/.well-known/oauth-protected-resource/mcp"'
        )
    metadata = (await browser.get("/.well-known/oauth-protected-resource/mcp")).json()
    assert metadata["resource"] == "http://hearth.test/mcp"
    assert metadata["bearer_methods_supported"] == ["header"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/health", {"x": "a" * 100_000}), ("/health?" + "a" * 40_000, {})],
    ids=["header", "query"],
)
async def test_huge_head_is_refused(
    anybody: httpx2.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    answer = await anybody.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (431, "headers-too-large")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
async def test_mcp_opens_no_stream(agent: httpx2.AsyncClient, method: str) -> None:
    answer = await agent.request(method, "/mcp")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["code"] == "method-not-allowed"
