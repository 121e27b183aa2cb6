"""Shelves: what is listed is what is used, only what is new is read, and room is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import numpy as np
import pytest
from hearth_server.adapters.postgres.shelves import Shelves
from hearth_server.capabilities.knowledge.codes import pack_codes

pytestmark = pytest.mark.unit

ADA, BOB = UUID(int=1), UUID(int=2)
DIMENSION = 4


class Table:
    """Documents with the ids of their rows of codes, and what was asked for."""

    def __init__(self, **documents: int) -> None:
        self.rows = {UUID(int=int(name[1:])): row for name, row in documents.items()}
        self.asked: list[UUID] = []

    @property
    def listing(self) -> bytes:
        return b"".join(
            each.bytes + row.to_bytes(8, "big") + (1).to_bytes(4, "big")
            for each, row in self.rows.items()
        )

    async def fetch(self, documents: Sequence[UUID]) -> dict[UUID, bytes]:
        self.asked += documents
        return {each: codes(self.rows[each]) for each in documents}


def codes(row: int) -> bytes:
    return pack_codes(np.eye(DIMENSION, dtype=np.float32)[[row % DIMENSION]])


async def documents_of(shelves: Shelves, table: Table, owner: UUID = ADA) -> dict[int, bytes]:
    shelf = await shelves.get(owner, 1, table.listing, DIMENSION, table.fetch)
    return {each.int: shelf.part(index) for index, each in enumerate(shelf.documents)}


async def test_only_what_changed_is_read() -> None:
    shelves = Shelves()
    await documents_of(shelves, Table(d1=1, d2=2, d3=3))
    changed = Table(d1=1, d3=7, d4=4)
    assert await documents_of(shelves, changed) == {1: codes(1), 3: codes(7), 4: codes(4)}
    assert [each.int for each in changed.asked] == [3, 4]
    again = Table(d1=1, d3=7, d4=4)
    await documents_of(shelves, again)
    assert again.asked == []


async def test_two_searches_at_once_read_once() -> None:
    shelves, table = Shelves(), Table(d1=1, d2=2)
    await asyncio.gather(documents_of(shelves, table), documents_of(shelves, table))
    assert len(table.asked) == 2


async def test_owners_do_not_share_a_shelf() -> None:
    shelves = Shelves()
    await documents_of(shelves, Table(d1=1))
    assert await documents_of(shelves, Table(d2=2), owner=BOB) == {2: codes(2)}


async def test_what_was_used_longest_ago_goes_first() -> None:
    one = Table(d1=1)
    shelf = await Shelves().get(ADA, 1, one.listing, DIMENSION, one.fetch)
    shelves = Shelves(limit=2 * shelf.size_bytes)
    for owner in (ADA, BOB, ADA, UUID(int=3)):
        await documents_of(shelves, Table(d1=1), owner)
    kept, dropped = Table(d1=1), Table(d1=1)
    await documents_of(shelves, kept, ADA)
    await documents_of(shelves, dropped, BOB)
    assert (kept.asked, len(dropped.asked)) == ([], 1)


async def test_what_is_larger_than_the_room_is_used_and_not_kept() -> None:
    shelves = Shelves(limit=1)
    first, second = Table(d1=1), Table(d1=1)
    assert await documents_of(shelves, first) == {1: codes(1)}
    assert await documents_of(shelves, second) == {1: codes(1)}
    assert len(second.asked) == 1
