"""The port `Facts` in PostgreSQL: relations, and the words of documents that they stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hearth_kit.ids import NewId, uuid7

from hearth_server.adapters.postgres.pool import Connection, Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.capabilities.graph.model import Evidence, Fact, Named, NewFact, Thing
from hearth_server.capabilities.graph.ports import Sought
from hearth_server.capabilities.graph.reading import name_key

_Row = tuple[Any, ...]


class PostgresFacts:
    """Facts by owner, each statement under row-level security."""

    def __init__(self, database: Database, *, new_id: NewId = uuid7) -> None:
        self._database = database
        self._new_id = new_id

    async def put(
        self, owner: UUID, document_id: UUID, facts: Sequence[NewFact], *, now: datetime
    ) -> int:
        """Store facts whose words stand in the document."""
        if not facts:
            return 0
        async with self._database.as_user(owner) as connection:
            put = _Put(connection, owner, document_id, self._new_id, now)
            await put.rows("lock_facts", {})
            return sum([await put.fact(fact) for fact in facts])

    async def search(self, owner: UUID, sought: Sought, *, limit: int) -> tuple[Fact, ...]:
        """Give facts with their words."""
        values = {
            "owner": owner,
            "words": list(sought.words),
            "node": sought.node_id,
            "document": sought.document_id,
            "at": sought.at,
            "past": sought.with_past,
            "limit": limit,
        }
        queries = load_queries("facts.sql")
        async with self._database.as_user(owner, frozen=True) as connection:
            cursor = await connection.execute(queries["search_facts"], values)
            rows = await cursor.fetchall()
            edges = {"owner": owner, "edges": [row[0] for row in rows]}
            cursor = await connection.execute(queries["read_evidence"], edges)
            evidence = await cursor.fetchall()
        return tuple(_fact(row, evidence) for row in rows)


class _Put:
    """Facts of one document on their way into one person's graph."""

    def __init__(
        self,
        connection: Connection,
        owner: UUID,
        document_id: UUID,
        new_id: NewId,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._owner = owner
        self._document_id = document_id
        self._new_id = new_id
        self._now = now
        self._queries = load_queries("facts.sql")

    async def rows(self, query: str, values: Mapping[str, Any]) -> list[_Row]:
        """Run a query that gives rows."""
        mine = {"owner": self._owner, "document": self._document_id, **values}
        return await (await self._connection.execute(self._queries[query], mine)).fetchall()

    async def run(self, query: str, values: Mapping[str, Any]) -> None:
        """Run a query that gives none."""
        mine = {"owner": self._owner, "document": self._document_id, **values}
        await self._connection.execute(self._queries[query], mine)

    async def fact(self, fact: NewFact) -> bool:
        """Store a fact; False where its words are not, or no more, in its passage."""
        place = {"ordinal": fact.ordinal, "quote": fact.quote}
        found = await self.rows("find_quote", place)
        if not found:
            return False
        observed: datetime = found[0][0]
        at = fact.stated_from or min(observed, fact.stated_to or observed)
        source, target = await self._thing(fact.subject), await self._thing(fact.object)
        relation = {"source": source, "kind": fact.kind}
        edge = {**relation, "target": target, "at": at, "exclusive": fact.is_exclusive}
        rows = await self.rows("find_edge", edge)
        if not rows:
            rows = await self.rows("add_edge", {**edge, "id": self._new_id()})
        if fact.is_exclusive:
            await self.run("mark_exclusive", relation)
        words = {
            **place,
            "edge": rows[0][0],
            "stated_from": fact.stated_from,
            "stated_to": fact.stated_to,
            "observed_at": observed,
        }
        await self.run("add_evidence", words)
        await self.run("settle", relation)
        return True

    async def _thing(self, named: Named) -> UUID:
        keys = list(dict.fromkeys(map(name_key, (named.name, *named.aliases))))
        known = {"label": named.label, "keys": keys}
        rows = await self.rows("resolve_node", known)
        if not rows:
            rows = await self.rows("resolve_noted", {"label": named.label, "name": named.name})
        if not rows:
            new = {"id": self._new_id(), "label": named.label, "name": named.name, "now": self._now}
            rows = await self.rows("add_node", new)
        await self.run("add_aliases", {**known, "node": rows[0][0]})
        found: UUID = rows[0][0]
        return found


def _fact(row: _Row, evidence: Sequence[_Row]) -> Fact:
    edge, kind, note, begins, ends, *things, _ = row
    return Fact(
        id=edge,
        subject=Thing(id=things[0], label=things[1], name=things[2]),
        kind=kind,
        object=Thing(id=things[3], label=things[4], name=things[5]),
        note=note,
        valid_from=begins,
        valid_to=ends,
        evidence=tuple(
            Evidence(document_id=document, title=title, ordinal=ordinal, page=page, quote=quote)
            for of, document, title, ordinal, page, quote in evidence
            if of == edge
        ),
    )
