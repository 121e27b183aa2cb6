"""Passages in PostgreSQL as a search sees them: postings, vectors and texts of one owner."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from hearth_server.adapters.postgres.arrays import Chosen, pack_vector
from hearth_server.adapters.postgres.concordance import Concordance
from hearth_server.adapters.postgres.listing import Listed, Listings
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
from hearth_server.capabilities.knowledge.ports import Also
from hearth_server.capabilities.knowledge.ranking import best
from hearth_server.capabilities.knowledge.selecting import highest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEW: Final = 1_000
"""Passages whose vectors are compared one by one in a few milliseconds, in the database."""

_FEWEST_CANDIDATES: Final = 100
_CANDIDATES_A_HIT: Final = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept in memory of owners who have more than a few passages."""

    listings: Listings
    shelves: Shelves
    concordance: Concordance
    spaces: dict[EmbedderInfo, int]
    """Never changed once there."""


class PostgresPassages:
    """The port `Passages`."""

    def __init__(self, database: Database, *, few: int = FEW) -> None:
        self._database = database
        self._few = few
        self._kept = Kept(Listings(), Shelves(), Concordance(), {})

    @asynccontextmanager
    async def view(self, owner: UUID) -> AsyncIterator[PostgresPassageIndex]:
        """Open a view in which nothing changes until it is closed."""
        async with self._database.as_user(owner, frozen=True) as connection:
            yield PostgresPassageIndex(connection, owner, self._kept, self._few)


class PostgresPassageIndex:
    """The port `PassageIndex`, within one transaction."""

    def __init__(self, connection: Connection, owner: UUID, kept: Kept, few: int) -> None:
        self._connection = connection
        self._owner = owner
        self._kept = kept
        self._few = few
        self._listed: tuple[int, bytes] | None = None
        self._queries = load_queries("passages.sql")
        self._spaces = load_queries("documents.sql")["find_space"]
        self._passing: dict[Filter, frozenset[UUID]] = {}

    async def statistics(self) -> Statistics:
        """Give the size of the owner's whole collection."""
        ((passages, words, mark),) = await self._rows("statistics", {}, binary=True)
        listed = self._kept.listings.find(self._owner, mark)
        if listed is None:
            rows = await self._rows("listing", {}, binary=True)
            listing, languages = rows[0] if rows else (b"", ())
            listed = Listed.of(listing, tuple(sorted(languages)))
            self._kept.listings.keep(self._owner, mark, listed)
        self._listed = passages, listed.listing
        return Statistics(
            passages=passages,
            words=words,
            languages=listed.languages,
            layout=listed.layout if passages > self._few else None,
        )

    async def postings(self, keys: Sequence[str], only: Filter) -> list[Postings]:
        """Give every posting of these word keys."""
        size, listing = await self._listing()
        if size <= self._few:
            values = {"words": list(keys), **filter_values(only)}
            return [Postings(*row) for row in await self._rows("postings", values, binary=True)]

        async def fetch(words: Sequence[str], ids: Sequence[UUID] | None) -> dict[str, Postings]:
            values: dict[str, Any] = {"words": list(words)}
            query = "whole_postings"
            if ids is not None:
                query, values = "changed_postings", values | {"ids": list(ids)}
            rows = await self._rows(query, values, binary=True)
            return {row[0]: Postings.whole(*row) for row in rows}

        found = await self._kept.concordance.get(self._owner, keys, listing, fetch)
        if only.is_empty:
            return found
        passing = await self._filter(only)
        return [each.passing(passing) for each in found]

    async def nearest(
        self,
        vector: Sequence[float],
        info: EmbedderInfo,
        only: Filter,
        *,
        limit: int,
        also: Also | None = None,
    ) -> dict[PassageKey, float]:
        """Give the passages with the highest cosine that pass the filter, and that of others."""
        space = await self._space(info)
        if space is None:
            return {}
        size, _ = await self._listing()
        if size > self._few:
            return await self._nearest_of_many(vector, info, only, limit=limit, also=also)
        values = {
            "vector": pack_vector(vector),
            "space": space,
            "limit": limit,
            **filter_values(only),
        }
        found = _scores(await self._rows("nearest", values, binary=True))
        others = [key for key in await also() if key not in found] if also else []
        return found | await self.similarities(vector, info, others)

    async def _nearest_of_many(
        self,
        vector: Sequence[float],
        info: EmbedderInfo,
        only: Filter,
        *,
        limit: int,
        also: Also | None,
    ) -> dict[PassageKey, float]:
        """Take several times as many by their codes, then the best of those by their vectors."""
        import numpy as np

        shelf = await self._shelf(info)
        passing = None if only.is_empty else await self._filter(only)
        count = max(_FEWEST_CANDIDATES, limit * _CANDIDATES_A_HIT)
        places = await asyncio.to_thread(shelf.closest, vector, count, only=passing)
        others = list(await also()) if also else []
        # What both legs bring forward is asked for once.
        at = shelf.layout.places(others)
        is_known = np.isin(at, places)
        unknown = [key for key, known in zip(others, is_known.tolist(), strict=True) if not known]
        chosen = Chosen(*shelf.layout.columns(places)).and_also(Chosen.of(unknown))
        cosines = await self._cosines(vector, info, chosen)
        near = highest(np.nan_to_num(cosines[: len(places)], nan=-np.inf), limit)
        found = zip(shelf.layout.keys(places[near]), cosines[near].tolist(), strict=True)
        beside = np.empty(len(others))
        beside[is_known] = cosines[np.searchsorted(places, at[is_known])]
        beside[~is_known] = cosines[len(places) :]
        theirs = zip(others, beside.tolist(), strict=True)
        return dict(best(_known(found), limit)) | _known(theirs)

    async def _shelf(self, info: EmbedderInfo) -> Shelf:
        space = await self._space(info)
        _, listing = await self._listing()

        async def fetch(documents: Sequence[UUID]) -> dict[UUID, bytes]:
            values = {"space": space, "ids": list(documents)}
            return dict(await self._rows("read_codes", values, binary=True))

        return await self._kept.shelves.get(self._owner, space or 0, listing, info.dimension, fetch)

    async def similarities(
        self, vector: Sequence[float], info: EmbedderInfo, keys: Sequence[PassageKey]
    ) -> dict[PassageKey, float]:
        """Give the cosine of these passages."""
        cosines = await self._cosines(vector, info, Chosen.of(keys))
        return _known(zip(keys, cosines.tolist(), strict=True))

    async def _cosines(
        self, vector: Sequence[float], info: EmbedderInfo, chosen: Chosen
    ) -> NDArray[np.float64]:
        """Give the cosine of each, or no number where it has none."""
        import numpy as np

        cosines = np.full(len(chosen.ordinals), np.nan)
        space = await self._space(info) if len(cosines) else None
        if space is not None:
            values = {"vector": pack_vector(vector), "space": space, **chosen.values()}
            for (packed,) in await self._rows("similarities", values, binary=True):
                rows = np.frombuffer(packed, [("place", ">i4"), ("cosine", ">f8")])
                cosines[rows["place"] - 1] = rows["cosine"]
        return cosines

    async def read(
        self, keys: Sequence[PassageKey], *, neighbours: int = 0
    ) -> dict[PassageKey, StoredPassage]:
        """Give passages and as many before and after each."""
        wanted = {
            PassageKey(document_id=key.document_id, ordinal=key.ordinal + step)
            for key in keys
            for step in range(-neighbours, neighbours + 1)
        }
        if not wanted:
            return {}
        rows = await self._rows("read_passages", Chosen.of(sorted(wanted)).values())
        return {passage.key: passage for passage in map(_stored, rows)}

    async def _listing(self) -> tuple[int, bytes]:
        """Give how many passages there are, and the states of their documents."""
        if self._listed is None:
            await self.statistics()
        return self._listed or (0, b"")

    async def _filter(self, only: Filter) -> frozenset[UUID]:
        if only not in self._passing:
            rows = await self._rows("filter_documents", filter_values(only))
            self._passing[only] = frozenset(document for (document,) in rows)
        return self._passing[only]

    async def _space(self, info: EmbedderInfo) -> int | None:
        known = self._kept.spaces
        if info not in known:
            values = {"name": info.name, "dimension": info.dimension}
            row = await (await self._connection.execute(self._spaces, values)).fetchone()
            if row is None:
                return None
            known[info] = int(row[0])
        return known[info]

    async def _rows(
        self, query: str, values: Mapping[str, Any], *, binary: bool = False
    ) -> list[tuple[Any, ...]]:
        cursor = self._connection.cursor(binary=binary)
        await cursor.execute(self._queries[query], {"owner": self._owner, **values})
        return await cursor.fetchall()


def _scores(rows: Sequence[tuple[Any, ...]]) -> dict[PassageKey, float]:
    return {
        PassageKey(document_id=document_id, ordinal=ordinal): score
        for document_id, ordinal, score in rows
    }


def _known(scores: Iterable[tuple[PassageKey, float]]) -> dict[PassageKey, float]:
    return {key: score for key, score in scores if not math.isnan(score)}


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
