"""Hostile arguments to every tool and route: nothing of another's is given, changed or betrayed.

The tools come from the registry and the routes from the application, so a new one is attacked
without a further line here. Each answer has a status that the OpenAPI document promises for it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import pytest
from hearth_kit.ids import uuid7
from hearth_server.edge.http.app import build_routes
from hearth_server.edge.http.openapi import openapi_document
from hearth_server.principal import ADMIN_SCOPES
from hearth_server.testing.attack import ADDRESSES, COMMON, World, running_world
from hearth_server.testing.hostile import EXTRA, arguments, texts
from hearth_server.testing.other_stores import OTHERS, other_stores
from hearth_server.testing.postgres import Urls
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lab.absent import store_at
from lab.stores import running_ferretdb, running_neo4j
from starlette.routing import Route

pytestmark = [
    pytest.mark.integration,
    # A server of Java may have to start first, on a machine that has others to run, too.
    pytest.mark.timeout(300),
    # Within moto's server and botocore, and Qdrant's own store, which makes no use of an index.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]

QUIET = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.generate,),
    database=None,
)
SERVERS = {
    "neo4j": ("HEARTH_TEST_NEO4J_URL", running_neo4j),
    "mongodb": ("HEARTH_TEST_MONGODB_URL", running_ferretdb),
}
BRIEF = settings(QUIET, max_examples=5)
"""For other stores: most of what is asked is answered by the same code as over the first."""
STREAMS = frozenset({"/api/v1/documents/events"})
"""They do not end; what they tell to whom is tried with the announcements."""


@pytest.fixture
async def world(urls: Urls, tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(urls, tmp_path) as made:
        yield made


@pytest.fixture(scope="module", params=OTHERS)
def other(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Every store that can be had beside the database, one after the other, and where it is."""
    if request.param not in SERVERS:
        yield request.param, ""
        return
    with store_at(*SERVERS[request.param]) as url:
        yield request.param, url


@pytest.fixture
async def elsewhere(
    other: tuple[str, str], urls: Urls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    with other_stores(*other, monkeypatch) as stores:
        async with running_world(urls, tmp_path, stores) as made:
            yield made


async def untouched(world: World, names: Collection[str]) -> dict[str, object]:
    """Give all that people keep, as the database has it and as they themselves see it."""
    return {name: (world.kept_by(name), await world.seen_by(name)) for name in names}


def encoded(body: object) -> bytes:
    return json.dumps(body).encode()


async def send(
    client: httpx2.AsyncClient,
    tool: str,
    given_ones: object,
    channel: str,
    statuses: Collection[str] = ("200", "400", "403", "404", "409", "422"),
) -> str:
    """Call a tool by REST or MCP, and give the whole answer as a text."""
    if channel == "rest":
        answer = await client.post(
            f"/api/v1/tools/{tool}",
            content=encoded(given_ones),
            headers={"content-type": "application/json"},
        )
    else:
        call = {"name": tool, "arguments": given_ones}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        headers = {
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2025-06-18",
        }
        answer = await client.post("/mcp", content=encoded(message), headers=headers)
    assert answer.status_code < 500 or answer.status_code == 503, (tool, given_ones, answer.text)
    if channel == "rest":
        assert str(answer.status_code) in statuses, (tool, given_ones, answer.text)
    return answer.text + str(dict(answer.headers))


def statuses_of(world: World) -> dict[tuple[str, str], frozenset[str]]:
    """Give the statuses that the OpenAPI document promises, by method and path."""
    document = openapi_document(build_routes(world.parts), world.parts.registry)
    return {
        (method.upper(), path): frozenset(operation["responses"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def asker() -> Callable[[Coroutine[Any, Any, str]], str]:
    """Let a thread, in which hypothesis draws, have this loop do its requests."""
    loop = asyncio.get_running_loop()

    def ask(coroutine: Coroutine[Any, Any, str]) -> str:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    return ask


@pytest.mark.parametrize("attacker", ["eve", "root"])
@pytest.mark.parametrize("channel", ["rest", "mcp"])
async def test_no_tool_gives_or_changes_what_is_anothers(
    world: World, attacker: str, channel: str
) -> None:
    await check_tools(world, attacker, channel)


@pytest.mark.parametrize("channel", ["rest", "mcp"])
async def test_no_tool_does_in_other_stores(elsewhere: World, channel: str) -> None:
    await check_tools(elsewhere, "eve", channel, effort=BRIEF)


async def check_tools(
    world: World, attacker: str, channel: str, *, effort: settings = QUIET
) -> None:
    victims = ("ada", "bob")
    before = await untouched(world, victims)
    ids = [each for name in (*victims, attacker) for each in await world.ids_everywhere(name)]
    tools = world.parts.registry.all_tools()
    statuses = statuses_of(world)

    @effort
    @given(st.data())
    def attack(data: st.DataObject) -> None:
        for tool in tools:
            drawn = data.draw(arguments(tool, ids), label=tool.name)
            promised = statuses["POST", f"/api/v1/tools/{tool.name}"]
            noted = len(world.looks())
            answer = ask(send(client, tool.name, drawn, channel, promised))
            if world.foreign_marks(answer, attacker):
                assert tool.spec.scope in ADMIN_SCOPES, (tool.name, drawn)
                assert attacker == "root", (tool.name, drawn)
                assert len(world.looks()) == noted + 1, (tool.name, drawn)

    async with world.client(attacker) as client:
        ask = asker()
        await asyncio.to_thread(attack)
    assert await untouched(world, victims) == before


async def test_administrator_looks_and_whom_it_is_about_sees_it(world: World) -> None:
    """By the same routes as everybody: the tool's own, and `/api/me/events`."""
    ada = str(world.people["ada"].user_id)
    async with world.client("root") as root, world.client("ada") as her:
        listed = await root.post("/api/v1/tools/list_documents_of", json={"person_id": ada})
        document = listed.json()["documents"][0]["id"]
        asked = {"person_id": ada, "document_id": document}
        opened = await root.post("/api/v1/tools/get_document_of", json=asked)
        assert world.foreign_marks(opened.text, "root") in ({"ada"}, {"shared"})
        events = (await her.get("/api/me/events")).json()
        assert [(each["event"], each["by"], each["detail"]) for each in events] == [
            ("looked", ADDRESSES["root"], f"get_document_of {document}"),
            ("looked", ADDRESSES["root"], "list_documents_of"),
        ]
        assert (await root.get(f"/api/v1/documents/{document}/original")).status_code == 404
    async with world.client("bob") as client:
        assert (await client.get("/api/me/events")).json() == []
        for tool in ("list_people", "list_audit_log"):
            refused = await client.post(f"/api/v1/tools/{tool}", json={})
            assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
        wanted = {"name": "more", "scopes": ["admin:read"]}
        token = await client.post("/api/me/tokens", json=wanted)
        assert (token.status_code, token.json()["code"]) == (403, "scope-exceeded")


async def visit(
    client: httpx2.AsyncClient,
    method: str,
    path: str,
    body: bytes,
    promised: Collection[str] | None,
) -> str:
    headers = {"content-type": "application/json"} if body else {}
    async with asyncio.timeout(5):
        answer = await client.request(method, path, content=body, headers=headers)
    assert answer.status_code < 500 or answer.status_code == 503, (method, path, answer.text)
    if promised is not None:
        assert str(answer.status_code) in promised, (method, path, body, answer.text)
    return answer.text + str(dict(answer.headers))


@pytest.mark.parametrize("attacker", ["eve", "root"])
async def test_no_route_gives_or_changes_what_is_anothers(world: World, attacker: str) -> None:
    await check_routes(world, attacker)


async def test_no_route_does_in_other_stores(elsewhere: World) -> None:
    await check_routes(elsewhere, "eve", effort=BRIEF)


async def check_routes(world: World, attacker: str, *, effort: settings = QUIET) -> None:
    victims = ("ada", "bob")
    before = await untouched(world, victims)
    ids = [each for name in (*victims, attacker) for each in await world.ids_everywhere(name)]
    statuses = statuses_of(world)
    pages = {
        (method, each.path)
        for each in build_routes(world.parts).routes
        if isinstance(each, Route)
        for method in each.methods or ()
    }
    assert len(pages) > 20
    assert ("GET", "/api/v1/documents/{document_id}/original") in statuses
    routes = sorted(each for each in pages | statuses.keys() if each[1] not in STREAMS)
    names = [each.name for each in world.parts.registry.all_tools()]
    part = st.sampled_from(ids) | st.sampled_from(names) | texts(ids)
    query = st.dictionaries(
        st.sampled_from(("text", "status", "whose", "offset", "from", "query", "limit", *EXTRA)),
        texts(ids),
        max_size=3,
    )

    @effort
    @given(st.data())
    def attack(data: st.DataObject) -> None:
        for method, path in routes:
            place = re.sub(
                r"\{\w+(?::\w+)?\}",
                lambda _: quote(data.draw(part).encode(errors="replace"), safe=""),
                path,
            )
            # A dot alone is no value of a path: clients take it for the folder that it means.
            if place in STREAMS or {".", ".."} & set(place.split("/")):
                continue
            asked = {key: value.encode(errors="replace") for key, value in data.draw(query).items()}
            body = b"" if method in {"GET", "HEAD"} else encoded(data.draw(query))
            address = f"{place}?{urlencode(asked)}"
            promised = statuses.get((method, path))
            answer = ask(visit(client, method, address, body, promised))
            assert not world.foreign_marks(answer, attacker), (method, address)

    async with world.client(attacker) as client:
        ask = asker()
        await asyncio.to_thread(attack)
    assert await untouched(world, victims) == before


async def test_anothers_thing_is_as_unknown_as_one_that_never_was(world: World) -> None:
    """Each tool that takes an id: the answer about Bob's is the answer about none."""
    await check_unknown(world)


async def test_it_is_unknown_in_other_stores(elsewhere: World) -> None:
    await check_unknown(elsewhere)


async def check_unknown(world: World) -> None:
    tried = 0
    his = await world.ids_everywhere("bob")
    before = await untouched(world, ("bob",))
    async with world.client("eve") as client:
        for tool in world.parts.registry.all_tools():
            schema = tool.arguments_schema()
            wanted = [
                name for name, each in schema["properties"].items() if each.get("format") == "uuid"
            ]
            for name in wanted:
                usual = {
                    each: usual_value(schema["properties"][each], schema)
                    for each in schema.get("required", ())
                }
                nobodys = str(uuid7())
                unknown = await send(client, tool.name, usual | {name: nobodys}, "rest")
                for theirs in his:
                    answer = await send(client, tool.name, usual | {name: theirs}, "rest")
                    assert bare(answer, theirs) == bare(unknown, nobodys), tool.name
                    tried += 1
    assert tried > 100
    assert await untouched(world, ("bob",)) == before


def usual_value(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    """A harmless value of the kind that is asked for."""
    if "$ref" in schema:
        return usual_value(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "enum" in schema:
        return schema["enum"][0]
    kinds: dict[str, Any] = {"integer": schema.get("minimum", 1), "boolean": False, "array": []}
    return kinds.get(schema.get("type", ""), "x")


def bare(answer: str, about: str) -> str:
    """An answer without the id that it is about, and without what differs each time."""
    plain = re.sub(r"'x-request-id': '\w+'", "", answer.replace(about, "ID"))
    return re.sub(r"'content-length': '\d+'", "", plain)


async def test_what_is_shared_is_found_and_what_is_ones_own(world: World) -> None:
    """The attacks above prove something: the same search gives each reader what is theirs."""
    await check_found(world)


async def test_it_is_found_in_other_stores(
    elsewhere: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is asked at all, so the attacks on it prove something: hers lie in it."""
    await check_found(elsewhere)
    assert not [each for each in caplog.records if each.levelname == "WARNING"]
    async with elsewhere.client("eve") as client:
        asked = {"collection": "nodes"}
        things = await client.get("/api/v1/data/neo4j", params=asked)
        objects = await client.get("/api/v1/data/storage")
    named = {each["name"] for each in things.json()["rows"]}
    assert {"evesmark thing", "evesmark one", "evesmark two"} <= named
    assert len(objects.json()["rows"]) >= 2


async def check_found(world: World) -> None:
    for name, marks in {
        "ada": {"ada", "shared", "group", "public"},
        "eve": {"eve", "shared", "group", "public"},
        "bob": {"bob", "public"},
        "root": {"root", "public"},
    }.items():
        async with world.client(name) as client:
            for way in ("hybrid", "vector", "text"):
                query = {"query": COMMON, "match_count": 50, "search_type": way}
                answer = await client.post("/api/v1/tools/search_knowledge_base", json=query)
                texts_found = [each["text"] for each in answer.json()["hits"]]
                found = set(re.findall(r"(\w+?)smark", " ".join(texts_found)))
                assert found == marks, (name, way)
