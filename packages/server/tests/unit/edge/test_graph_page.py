"""The page of a graph: found by name, walked by links, nothing of another's."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import pytest
from hearth_kit.ids import uuid7
from hearth_server.capabilities.graph.model import Evidence, Fact, Thing
from hearth_server.edge.pages.graph import HEIGHT, WIDTH, picture_of
from hearth_server.testing.edge import Lab

pytestmark = pytest.mark.unit


async def relate(client: httpx2.AsyncClient, name: str, **headers: str) -> None:
    relation = {
        "subject_label": "person",
        "subject": "Ada",
        "relation": "works on",
        "object_label": "project",
        "object_name": name,
    }
    answer = await client.post("/api/v1/tools/add_relation", json=relation, headers=headers)
    assert answer.status_code == 200, answer.text


async def test_things_are_walked(browser: httpx2.AsyncClient) -> None:
    await relate(browser, "<b>Hearth", **{"x-csrf-token": browser.headers["x-test-csrf"]})
    listed = await browser.get("/graph?q=heart")
    found = re.search(r'href="(/graph/[0-9a-f-]{36})"><strong>&lt;b&gt;Hearth', listed.text)
    assert found is not None
    page = await browser.get(found[1])
    assert page.text.count("<circle") == 2
    assert page.text.count("<line ") == 1
    assert "works on" in page.text
    assert "<b>" not in page.text


async def test_another_sees_nothing(agent: httpx2.AsyncClient, browser: httpx2.AsyncClient) -> None:
    await relate(agent, "Kiln")
    assert "Kiln" in (await agent.post("/api/v1/tools/find_things", json={})).text
    assert "Kiln" not in (await browser.get("/graph")).text


@pytest.mark.parametrize("node_id", ["00000000-0000-0000-0000-000000000000", "nothing"])
async def test_unknown_thing_is_not_found(browser: httpx2.AsyncClient, node_id: str) -> None:
    assert (await browser.get(f"/graph/{node_id}")).status_code == 404


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_everything_stands_in_the_picture(count: int) -> None:
    nodes = [{"id": str(number), "name": "n" * 50} for number in range(count)]
    edges = [{"source": "0", "target": str(number), "kind": "k"} for number in range(1, count)]
    picture = picture_of(nodes, [*edges, {"source": "0", "target": "gone", "kind": "k"}])
    assert len({(each.x, each.y) for each in picture.dots}) == count
    assert len(picture.lines) == count - 1
    assert all(0 < each.x < WIDTH and 0 < each.y < HEIGHT - 26 for each in picture.dots)


def told(subject: str, target: str, **more: object) -> Fact:
    return Fact(
        id=uuid7(),
        subject=Thing(id=uuid7(), label="person", name=subject),
        kind="lives_in",
        object=Thing(id=uuid7(), label="city", name=target),
        note="",
        valid_from=datetime(2001, 5, 1, tzinfo=UTC),
        valid_to=more.get("valid_to"),
        evidence=(
            Evidence(document_id=uuid7(), title="Letters", ordinal=4, page=7, quote="<i>in Rome"),
        ),
    )


async def test_facts_are_shown_with_the_words_they_stand_on(
    lab: Lab, browser: httpx2.AsyncClient
) -> None:
    me = (await browser.get("/api/me")).json()
    fact = told("Ada", "Rome", valid_to=datetime(2005, 5, 1, tzinfo=UTC))
    lab.facts.kept.append((UUID(me["user_id"]), told("Ada", "Oslo")))
    lab.facts.kept.append((uuid7(), told("Bob", "Kiev")))
    found = await browser.get("/graph?q=ada")
    assert "Oslo" in found.text
    assert "Kiev" not in found.text
    assert "&lt;i&gt;in Rome" in found.text
    quoted = lab.facts.kept[0][1].evidence[0]
    assert f'href="/documents/{quoted.document_id}?from=4#p-4">Letters, page 7</a>' in found.text
    await relate(browser, "Hearth", **{"x-csrf-token": browser.headers["x-test-csrf"]})
    listed = await browser.get("/graph?q=heart")
    node = re.search(r'href="/graph/([0-9a-f-]{36})"><strong>Hearth', listed.text)
    assert node is not None
    about = replace(fact, subject=replace(fact.subject, id=UUID(node[1])))
    lab.facts.kept.append((UUID(me["user_id"]), about))
    page = await browser.get(f"/graph/{node[1]}")
    assert "Ended, or with an end" in page.text
    assert "Rome" in page.text
    assert "Oslo" not in page.text
