"""Codes of large owners, kept in memory as long as they are used and there is room.

What may be seen is decided by the database at every search: the list of states comes from there
each time, bound to its reader, and a shelf is used only where it holds exactly what is listed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hearth_server.adapters.postgres.listing import read_listing
from hearth_server.adapters.postgres.recent import Recent
from hearth_server.capabilities.knowledge.codes import Shelf

DEFAULT_LIMIT: Final = 256 * 1024 * 1024
_DOCUMENTS_A_QUERY: Final = 200

Fetch = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, bytes]]]


@dataclass(frozen=True, slots=True)
class _Kept:
    listing: bytes
    shelf: Shelf

    @property
    def size_bytes(self) -> int:
        return self.shelf.size_bytes


class Shelves:
    """At most `limit` bytes of codes, the least recently used ones dropped first."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._kept: Recent[tuple[UUID, int], _Kept] = Recent(limit, dropped=self._forget_lock)
        self._locks: dict[tuple[UUID, int], asyncio.Lock] = {}

    async def get(
        self, owner: UUID, space: int, listing: bytes, dimension: int, fetch: Fetch
    ) -> Shelf:
        """Give the codes that are listed, reading only those that are not here yet.

        Shape: `listing` is as `read_listing` has it.
        """
        key = (owner, space)
        async with self._locks.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            if kept is None or kept.listing != listing:
                kept = _Kept(listing, await _build(kept, listing, dimension, fetch))
            self._kept.keep(key, kept)
        return kept.shelf

    def _forget_lock(self, dropped: tuple[UUID, int]) -> None:
        if not self._locks[dropped].locked():
            del self._locks[dropped]


async def _build(kept: _Kept | None, listing: bytes, dimension: int, fetch: Fetch) -> Shelf:
    wanted = read_listing(listing)
    known = read_listing(kept.listing) if kept else {}
    stays = {document for document, row in wanted.items() if known.get(document) == row}
    missing = [document for document in wanted if document not in stays]
    parts: dict[UUID, bytes] = {}
    for first in range(0, len(missing), _DOCUMENTS_A_QUERY):
        parts |= await fetch(missing[first : first + _DOCUMENTS_A_QUERY])
    return await asyncio.to_thread(_assemble, kept, stays, parts, dimension)


def _assemble(
    kept: _Kept | None, stays: set[UUID], parts: dict[UUID, bytes], dimension: int
) -> Shelf:
    if kept is not None:
        for index, document in enumerate(kept.shelf.documents):
            if document in stays:
                parts[document] = kept.shelf.part(index)
    return Shelf.build(sorted(parts.items()), dimension)
