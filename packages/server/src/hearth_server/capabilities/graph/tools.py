"""What a person or an agent may do with their graph: each method is a tool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final
from uuid import UUID

from hearth_kit.clock import Clock
from pydantic import Field

from hearth_server.capabilities.graph.errors import NodeNotFoundError
from hearth_server.capabilities.graph.model import (
    Edge,
    NewEdge,
    NewNode,
    Node,
    NodesFound,
    Subgraph,
)
from hearth_server.capabilities.graph.ports import Graph
from hearth_server.capabilities.graph.rules import clean_name, clean_note, clean_word
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

GROUP: Final = "graph"
READ: Final = "knowledge:read"
WRITE: Final = "knowledge:write"
MOST: Final = 200
DEEPEST: Final = 3


class GraphTools:
    """The tools of a person's graph. The owner is always the caller."""

    def __init__(self, graph: Graph, *, clock: Clock, new_id: Callable[[], UUID]) -> None:
        self._graph = graph
        self._clock = clock
        self._new_id = new_id

    @tool(title="Add a relation", scope=WRITE, group=GROUP, effect=Effect.WRITE, listed=False)
    async def add_relation(
        self,
        caller: Principal,
        *,
        subject_label: str,
        subject: str,
        relation: str,
        object_label: str,
        object_name: str,
        note: str = "",
    ) -> Edge:
        """Add how two things relate to your graph, and the things where they are new.

        The same relation again gives the one that is there.

        Args:
            subject_label: What kind of thing the first one is, such as `person`.
            subject: Its name.
            relation: How it relates to the other, as a verb, such as `works_on`.
            object_label: What kind of thing the second one is.
            object_name: Its name.
            note: A sentence about the relation, or where you know it from.
        """
        source = self._new(subject_label, subject, "subject")
        target = self._new(object_label, object_name, "object")
        kind, about = clean_word("relation", relation), clean_note("note", note)
        now = self._clock.now()
        first = await self._graph.put_node(caller.user_id, source, now=now)
        second = await self._graph.put_node(caller.user_id, target, now=now)
        edge = NewEdge(id=self._new_id(), source=first.id, target=second.id, kind=kind, note=about)
        return await self._graph.put_edge(caller.user_id, edge, now=now)

    @tool(title="Add a thing", scope=WRITE, group=GROUP, effect=Effect.WRITE, listed=False)
    async def add_thing(self, caller: Principal, *, label: str, name: str, note: str = "") -> Node:
        """Add a thing to your graph, or change the note of the one of that label and name.

        Args:
            label: What kind of thing it is, such as `project`.
            name: Its name.
            note: A sentence about it.
        """
        node = NewNode(
            id=self._new_id(),
            label=clean_word("label", label),
            name=clean_name("name", name),
            note=clean_note("note", note),
        )
        return await self._graph.put_node(caller.user_id, node, now=self._clock.now())

    @tool(title="Find things", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def find_things(
        self,
        caller: Principal,
        *,
        text: Annotated[str, Field(max_length=200)] = "",
        label: str | None = None,
        limit: Annotated[int, Field(ge=1, le=MOST)] = 20,
    ) -> NodesFound:
        """Find things in your graph by a part of their name.

        Args:
            text: A part of the name, in whatever case; everything where it is left out.
            label: Only things of this kind.
            limit: How many at most.
        """
        kind = clean_word("label", label) if label else None
        found = await self._graph.find_nodes(
            caller.user_id, label=kind, text=text.strip(), limit=limit
        )
        return NodesFound(nodes=found)

    @tool(title="Look around a thing", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def explore_graph(
        self,
        caller: Principal,
        *,
        node_id: UUID,
        depth: Annotated[int, Field(ge=1, le=DEEPEST)] = 1,
        limit: Annotated[int, Field(ge=1, le=MOST)] = 50,
    ) -> Subgraph:
        """Give a thing of your graph, what is around it, and how they relate.

        Args:
            node_id: Where to begin, as `find_things` gives it.
            depth: How many relations away, 1 to 3.
            limit: How many things at most.
        """
        return await self._graph.around(caller.user_id, node_id, depth=depth, limit=limit)

    @tool(title="Delete a thing", scope=WRITE, group=GROUP, effect=Effect.DESTROY, listed=False)
    async def delete_thing(self, caller: Principal, *, node_id: UUID) -> None:
        """Delete a thing of your graph and all of its relations.

        Args:
            node_id: The thing, as `find_things` gives it.
        """
        if not await self._graph.delete_node(caller.user_id, node_id):
            msg = f"node_id: there is no thing `{node_id}` in your graph"
            raise NodeNotFoundError(msg)

    @tool(title="End a relation", scope=WRITE, group=GROUP, effect=Effect.WRITE, listed=False)
    async def end_relation(self, caller: Principal, *, edge_id: UUID) -> None:
        """Say that a relation of your graph does not hold any more; it stays as one that did.

        Args:
            edge_id: The relation, as `explore_graph` gives it.
        """
        if not await self._graph.end_edge(caller.user_id, edge_id, now=self._clock.now()):
            msg = f"edge_id: no relation `{edge_id}` holds in your graph"
            raise NodeNotFoundError(msg)

    def _new(self, label: str, name: str, where: str) -> NewNode:
        return NewNode(
            id=self._new_id(),
            label=clean_word(f"{where}_label", label),
            name=clean_name(where, name),
        )
