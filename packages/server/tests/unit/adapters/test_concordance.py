"""A concordance: what is listed is what is used, only what changed is read, room is bounded."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from hearth_server.adapters.postgres.concordance import Concordance
from hearth_server.capabilities.knowledge.bm25 import Postings, pack_postings

pytestmark = pytest.mark.unit

ADA, BOB = UUID(int=1), UUID(int=2)
WORDS = ("ash", "oak")


class Table:
    """Documents with their editions, each of which has the word `ash` as often as its edition."""

    def __init__(self, **documents: int) -> None:
        self.rows = {UUID(int=int(name[1:])): edition for name, edition in documents.items()}
        self.asked: list[tuple[tuple[str, ...], tuple[int, ...] | None]] = []

    @property
    def listing(self) -> bytes:
        return b"".join(
            each.bytes + row.to_bytes(8, "big") + (1).to_bytes(4, "big")
            for each, row in self.rows.items()
        )

    async def fetch(self, words: Sequence[str], ids: Sequence[UUID] | None) -> dict[str, Postings]:
        self.asked.append((tuple(words), None if ids is None else tuple(each.int for each in ids)))
        found = [each for each in self.rows if ids is None or each in ids]
        entries = [(each, True, pack_postings([(0, self.rows[each], 9)])) for each in found]
        return {"ash": Postings.of("ash", entries)} if "ash" in words and entries else {}


async def frequencies(kept: Concordance, table: Table, reader: UUID = ADA) -> dict[int, int]:
    """Give how often `ash` stands in each document."""
    ash, oak = await kept.get(reader, WORDS, table.listing, table.fetch)
    assert (oak.word, list(oak)) == ("oak", [])
    return {document.int: packed[4] for document, _, packed in ash}


async def test_only_changed_documents_are_read() -> None:
    kept = Concordance()
    assert await frequencies(kept, Table(d1=1, d2=2, d3=3)) == {1: 1, 2: 2, 3: 3}
    changed = Table(d1=1, d3=7, d4=4)
    assert await frequencies(kept, changed) == {1: 1, 3: 7, 4: 4}
    assert changed.asked == [(WORDS, (3, 4))]
    again = Table(d1=1, d3=7, d4=4)
    assert await frequencies(kept, again) == {1: 1, 3: 7, 4: 4}
    assert again.asked == []


async def test_a_document_that_is_gone_is_gone_unasked() -> None:
    kept = Concordance()
    await frequencies(kept, Table(d1=1, d2=2))
    fewer = Table(d2=2)
    assert (await frequencies(kept, fewer), fewer.asked) == ({2: 2}, [])


async def test_readers_share_nothing() -> None:
    kept = Concordance()
    await frequencies(kept, Table(d1=1))
    his = Table(d2=2)
    assert await frequencies(kept, his, BOB) == {2: 2}
    assert his.asked == [(WORDS, None)]


async def test_words_are_kept_each_by_itself() -> None:
    kept, table = Concordance(), Table(d1=1)
    await kept.get(ADA, ["ash"], table.listing, table.fetch)
    await kept.get(ADA, ["oak", "ash"], table.listing, table.fetch)
    assert table.asked == [(("ash",), None), (("oak",), None)]


async def test_what_was_used_longest_ago_goes_first() -> None:
    table = Table(d1=1)
    (ash,) = await Concordance().get(ADA, ["ash"], table.listing, table.fetch)
    kept = Concordance(limit=2 * (len(ash.heads) + 3 * len(ash.packed)))
    for reader in (ADA, BOB, ADA, UUID(int=3)):
        await kept.get(reader, ["ash"], table.listing, table.fetch)
    still, dropped = Table(d1=1), Table(d1=1)
    await kept.get(ADA, ["ash"], still.listing, still.fetch)
    await kept.get(BOB, ["ash"], dropped.listing, dropped.fetch)
    assert (still.asked, len(dropped.asked)) == ([], 1)


async def test_a_filter_leaves_what_is_kept_as_it_is() -> None:
    kept, table = Concordance(), Table(d1=1, d2=2)
    ash, _ = await kept.get(ADA, WORDS, table.listing, table.fetch)
    passing = ash.passing([UUID(int=2)])
    assert [(each.int, wanted) for each, wanted, _ in passing] == [(1, False), (2, True)]
    assert passing.passages == ash.passages
    assert all(wanted for _, wanted, _ in ash)


async def test_words_of_states_long_past_are_read_anew() -> None:
    """Each state that is kept holds its listing, so that a busy owner's must not pile up."""
    kept = Concordance()
    for edition in range(1, 11):
        table = Table(d1=edition)
        await kept.get(ADA, ["ash", f"word{edition}"], table.listing, table.fetch)
    now = Table(d1=10)
    await kept.get(ADA, ["word9"], now.listing, now.fetch)
    await kept.get(ADA, ["word1"], now.listing, now.fetch)
    assert now.asked == [(("word9",), (1,)), (("word1",), None)]
