"""What every adapter of the port `Graph` must do; each adapter's own test calls these."""
# ruff: noqa: S101  to assert is what a check does

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hearth_kit.ids import uuid7

from hearth_server.capabilities.graph.errors import NodeNotFoundError
from hearth_server.capabilities.graph.model import Edge, NewEdge, NewNode, Node
from hearth_server.capabilities.graph.ports import Graph
from hearth_server.testing.conformance import Raises

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


async def add(graph: Graph, owner: UUID, name: str, *, label: str = "person") -> Node:
    """Add a thing."""
    return await graph.put_node(owner, NewNode(id=uuid7(), label=label, name=name), now=NOW)


async def join(graph: Graph, owner: UUID, source: Node, kind: str, target: Node) -> Edge:
    """Add a relation."""
    edge = NewEdge(id=uuid7(), source=source.id, target=target.id, kind=kind)
    return await graph.put_edge(owner, edge, now=NOW)


async def check_graph(graph: Graph, raises: Raises) -> None:
    """Check what one owner may do."""
    owner = uuid7()
    ada = await add(graph, owner, "Ada Lovelace")
    assert (ada.label, ada.note, ada.created_at) == ("person", "", NOW)
    engine = await add(graph, owner, "100% engine_ 'x' {}", label="machine")
    await _check_repeats(graph, owner, ada)
    edge = await join(graph, owner, ada, "wrote_about", engine)
    assert (edge.source, edge.target, edge.valid_from, edge.valid_to) == (
        ada.id, engine.id, NOW, None,
    )  # fmt: skip
    assert (await join(graph, owner, ada, "wrote_about", engine)).id == edge.id
    loop = await join(graph, owner, ada, "knows", ada)
    with raises(NodeNotFoundError):
        missing = NewEdge(id=uuid7(), source=ada.id, target=uuid7(), kind="knows")
        await graph.put_edge(owner, missing, now=NOW)
    for text, names in (("LOVE", [ada.name]), ("% engine_ '", [engine.name]), ("_x", [])):
        found = await graph.find_nodes(owner, label=None, text=text, limit=9)
        assert [node.name for node in found] == names, text
    assert await graph.find_nodes(owner, label="machine", text="", limit=9) == (engine,)
    assert len(await graph.find_nodes(owner, label=None, text="", limit=1)) == 1
    near = await graph.around(owner, engine.id, depth=1, limit=9)
    assert [node.id for node in near.nodes] == [engine.id, ada.id]
    assert {each.id for each in near.edges} == {edge.id, loop.id}
    assert await graph.end_edge(owner, edge.id, now=LATER)
    assert not await graph.end_edge(owner, edge.id, now=LATER)
    assert (await graph.around(owner, engine.id, depth=3, limit=9)).nodes == (engine,)
    again = await join(graph, owner, ada, "wrote_about", engine)
    assert again.id != edge.id
    assert await graph.delete_node(owner, ada.id)
    assert not await graph.delete_node(owner, ada.id)
    with raises(NodeNotFoundError):
        await graph.around(owner, ada.id, depth=1, limit=9)
    assert (await graph.around(owner, engine.id, depth=1, limit=9)).edges == ()


async def _check_repeats(graph: Graph, owner: UUID, ada: Node) -> None:
    assert await add(graph, owner, "Ada Lovelace") == ada
    noted = NewNode(id=uuid7(), label="person", name="Ada Lovelace", note="wrote notes")
    changed = await graph.put_node(owner, noted, now=LATER)
    assert (changed.id, changed.note, changed.updated_at) == (ada.id, "wrote notes", LATER)
    assert (await add(graph, owner, "Ada Lovelace")).note == "wrote notes"
    many = await asyncio.gather(*(add(graph, owner, "Twin") for _ in range(8)))
    assert len({node.id for node in many}) == 1
    assert await graph.delete_node(owner, many[0].id)


async def check_distances(graph: Graph) -> None:
    """Check how far it looks, and what it says when there is more."""
    owner = uuid7()
    chain = [await add(graph, owner, f"n{number}") for number in range(5)]
    for first, second in itertools.pairwise(chain):
        await join(graph, owner, first, "before", second)
    for depth, names in ((1, ["n1", "n0", "n2"]), (2, ["n1", "n0", "n2", "n3"])):
        near = await graph.around(owner, chain[1].id, depth=depth, limit=9)
        assert [node.name for node in near.nodes] == names
        assert not near.is_cut
        assert len(near.edges) == len(names) - 1
    near = await graph.around(owner, chain[0].id, depth=3, limit=2)
    assert [node.name for node in near.nodes] == ["n0", "n1"]
    assert near.is_cut
    assert len(near.edges) == 1


async def check_strangers(graph: Graph, raises: Raises) -> None:
    """Check that nobody meets anything of another's, by whatever way in."""
    ada, bob = uuid7(), uuid7()
    hers, other = await add(graph, ada, "Secret"), await add(graph, ada, "Other")
    edge = await join(graph, ada, hers, "knows", other)
    his = await add(graph, bob, "Secret")
    assert his.id != hers.id
    assert await graph.find_nodes(bob, label=None, text="", limit=9) == (his,)
    assert await graph.find_nodes(uuid7(), label=None, text="", limit=9) == ()
    with raises(NodeNotFoundError):
        await graph.around(bob, hers.id, depth=3, limit=9)
    for source, target in ((his, hers), (hers, his), (hers, other)):
        with raises(NodeNotFoundError):
            await join(graph, bob, source, "knows", target)
    assert not await graph.end_edge(bob, edge.id, now=LATER)
    assert not await graph.delete_node(bob, hers.id)
    assert (await graph.around(bob, his.id, depth=3, limit=9)).nodes == (his,)
    near = await graph.around(ada, hers.id, depth=3, limit=9)
    assert [node.name for node in near.nodes] == ["Secret", "Other"]
    assert [each.id for each in near.edges] == [edge.id]
