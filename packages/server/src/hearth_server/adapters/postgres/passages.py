"""Passages in PostgreSQL as a search sees them: postings, vectors and texts of one owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from hearth_server.adapters.postgres.pool import Connection, Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.adapters.postgres.readable import filter_values
from hearth_server.adapters.postgres.shelves import Shelves
from hearth_server.capabilities.knowledge.bm25 import Postings, Statistics
from hearth_server.capabilities.knowledge.codes import Shelf
from hearth_server.capabilities.knowledge.model import (
    EmbedderInfo,
    Filter,
    Passage,
    PassageKey,
    StoredPassage,
)
from hearth_server.capabilities.knowledge.ranking import best

FEW: Final = 4_000
"""Passages whose vectors are compared one by one in a few milliseconds, in the database."""

_FEWEST_CANDIDATES: Final = 200
_CANDIDATES_A_HIT: Final = 6


class PostgresPassages:
    """The port `Passages`."""

    def __init__(self, database: Database, *, few: int = FEW) -> None:
        self._database = database
        self._few = few
        self._shelves = Shelves()

    @asynccontextmanager
    async def view(self, owner: UUID) -> AsyncIterator[PostgresPassageIndex]:
        """Open a view in which nothing changes until it is closed."""
        async with self._database.as_user(owner, frozen=True) as connection:
            yield PostgresPassageIndex(connection, owner, self._shelves, self._few)


class PostgresPassageIndex:
    """The port `PassageIndex`, within one transaction."""

    def __init__(self, connection: Connection, owner: UUID, shelves: Shelves, few: int) -> None:
        self._connection = connection
        self._owner = owner
        self._shelves = shelves
        self._few = few
        self._size: int | None = None
        self._queries = load_queries("passages.sql")
        self._spaces = load_queries("documents.sql")["find_space"]
        self._found: dict[EmbedderInfo, int | None] = {}

    async def statistics(self) -> Statistics:
        """Give the size of the owner's whole collection."""
        ((passages, words, languages),) = await self._rows("statistics", {})
        self._size = passages
        return Statistics(passages=passages, words=words, languages=tuple(sorted(languages)))

    async def postings(self, keys: Sequence[str], only: Filter) -> list[Postings]:
        """Give every posting of these word keys."""
        rows = await self._rows(
            "postings", {"words": list(keys), **filter_values(only)}, binary=True
        )
        return [Postings(word, heads, packed) for word, heads, packed in rows]

    async def nearest(
        self, vector: Sequence[float], info: EmbedderInfo, only: Filter, *, limit: int
    ) -> dict[PassageKey, float]:
        """Give the passages with the highest cosine that pass the filter, best first."""
        space = await self._space(info)
        if space is None:
            return {}
        size = (await self.statistics()).passages if self._size is None else self._size
        if size > self._few:
            return await self._nearest_of_many(vector, info, only, limit=limit)
        values = {"vector": _text(vector), "space": space, "limit": limit, **filter_values(only)}
        return _scores(await self._rows("nearest", values))

    async def _nearest_of_many(
        self, vector: Sequence[float], info: EmbedderInfo, only: Filter, *, limit: int
    ) -> dict[PassageKey, float]:
        """Take several times as many by their codes, then the best of those by their vectors."""
        shelf = await self._shelf(info)
        passing: frozenset[UUID] | None = None
        if not only.is_empty:
            rows = await self._rows("filter_documents", filter_values(only))
            passing = frozenset(document for (document,) in rows)
        count = max(_FEWEST_CANDIDATES, limit * _CANDIDATES_A_HIT)
        keys = await asyncio.to_thread(shelf.closest, vector, count, only=passing)
        scores = await self.similarities(vector, info, keys)
        return dict(best(scores, limit))

    async def _shelf(self, info: EmbedderInfo) -> Shelf:
        space = await self._space(info)
        ((listing,),) = await self._rows("list_codes", {"space": space}, binary=True)

        async def fetch(documents: Sequence[UUID]) -> dict[UUID, bytes]:
            values = {"space": space, "ids": list(documents)}
            return dict(await self._rows("read_codes", values, binary=True))

        return await self._shelves.get(self._owner, space or 0, listing, info.dimension, fetch)

    async def similarities(
        self, vector: Sequence[float], info: EmbedderInfo, keys: Sequence[PassageKey]
    ) -> dict[PassageKey, float]:
        """Give the cosine of these passages."""
        space = await self._space(info) if keys else None
        if space is None:
            return {}
        values = {"vector": _text(vector), "space": space, **_chosen(keys)}
        return _scores(await self._rows("similarities", values))

    async def read(
        self, keys: Sequence[PassageKey], *, neighbours: int = 0
    ) -> dict[PassageKey, StoredPassage]:
        """Give passages and as many before and after each."""
        if not keys:
            return {}
        rows = await self._rows("read_passages", {**_chosen(keys), "neighbours": neighbours})
        return {passage.key: passage for passage in map(_stored, rows)}

    async def _space(self, info: EmbedderInfo) -> int | None:
        if info not in self._found:
            values = {"name": info.name, "dimension": info.dimension}
            row = await (await self._connection.execute(self._spaces, values)).fetchone()
            self._found[info] = int(row[0]) if row else None
        return self._found[info]

    async def _rows(
        self, query: str, values: Mapping[str, Any], *, binary: bool = False
    ) -> list[tuple[Any, ...]]:
        cursor = self._connection.cursor(binary=binary)
        await cursor.execute(self._queries[query], {"owner": self._owner, **values})
        return await cursor.fetchall()


def _chosen(keys: Sequence[PassageKey]) -> dict[str, Any]:
    return {
        "documents": [key.document_id for key in keys],
        "ordinals": [key.ordinal for key in keys],
    }


def _text(vector: Sequence[float]) -> str:
    return f"[{','.join(map(repr, map(float, vector)))}]"


def _scores(rows: Sequence[tuple[Any, ...]]) -> dict[PassageKey, float]:
    return {
        PassageKey(document_id=document_id, ordinal=ordinal): score
        for document_id, ordinal, score in rows
    }


def _stored(row: tuple[Any, ...]) -> StoredPassage:
    document_id, ordinal, content, headings, page, tokens, title, kind, source, language = row
    return StoredPassage(
        key=PassageKey(document_id=document_id, ordinal=ordinal),
        passage=Passage(
            ordinal=ordinal, text=content, headings=tuple(headings), page=page, tokens=tokens
        ),
        title=title,
        source_type=kind,
        source=source,
        language=language,
    )
