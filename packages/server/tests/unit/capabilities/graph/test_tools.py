"""The graph's tools take what people and agents write, and give it to one owner."""

from __future__ import annotations

import pytest
from hearth_kit.clock import SystemClock
from hearth_kit.ids import uuid7
from hearth_server.adapters.memory.graph import MemoryGraph
from hearth_server.capabilities.graph.errors import BadNameError, NodeNotFoundError
from hearth_server.capabilities.graph.rules import clean_name, clean_word
from hearth_server.capabilities.graph.tools import GraphTools
from hearth_server.testing.principals import make_principal

pytestmark = pytest.mark.unit

ADA, BOB = make_principal(uuid7()), make_principal(uuid7())


@pytest.fixture
def tools() -> GraphTools:
    return GraphTools(MemoryGraph(), clock=SystemClock(), new_id=uuid7)


async def test_relation_makes_its_things_once(tools: GraphTools) -> None:
    asked = {"subject_label": "Person", "relation": "Works on", "object_label": "project"}
    first = await tools.add_relation(ADA, subject=" Ada\n L. ", object_name="Engine", **asked)
    second = await tools.add_relation(ADA, subject="Ada L.", object_name="Engine", **asked)
    assert (first.id, first.kind) == (second.id, "works_on")
    found = await tools.find_things(ADA, text="ada")
    assert [(node.label, node.name) for node in found.nodes] == [("person", "Ada L.")]
    near = await tools.explore_graph(ADA, node_id=found.nodes[0].id)
    assert [node.name for node in near.nodes] == ["Ada L.", "Engine"]
    await tools.end_relation(ADA, edge_id=first.id)
    assert (await tools.explore_graph(ADA, node_id=first.source)).edges == ()


async def test_strangers_are_told_that_there_is_nothing(tools: GraphTools) -> None:
    node = await tools.add_thing(ADA, label="person", name="Ada")
    with pytest.raises(NodeNotFoundError) as caught:
        await tools.delete_thing(BOB, node_id=node.id)
    assert str(caught.value) == f"node_id: there is no thing `{node.id}` in your graph"
    with pytest.raises(NodeNotFoundError):
        await tools.end_relation(BOB, edge_id=node.id)
    await tools.delete_thing(ADA, node_id=node.id)


@pytest.mark.parametrize("value", ["", "1st", "é", "a`) DETACH DELETE (n", "x" * 41, "a;b"])
def test_labels_are_words(value: str) -> None:
    with pytest.raises(BadNameError) as caught:
        clean_word("label", value)
    assert str(caught.value).startswith("label: is `")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (" \n", "name: is empty"),
        ("x" * 201, "name: has 201 characters, at most 200 are allowed"),
        ("a\x00b", "name: has control characters"),
        ("a\ud800b", "name: has control characters"),
    ],
)
def test_names_that_no_store_takes_are_refused(value: str, told: str) -> None:
    with pytest.raises(BadNameError) as caught:
        clean_name("name", value)
    assert str(caught.value) == told
