"""The page of a graph: found by name, walked by links, nothing of another's."""

from __future__ import annotations

import re

import httpx2
import pytest
from hearth_server.edge.pages.graph import HEIGHT, WIDTH, picture_of

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
