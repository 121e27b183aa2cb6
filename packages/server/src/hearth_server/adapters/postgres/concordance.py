"""Postings of large owners, kept in memory as long as they are asked for and there is room.

What may be seen is decided by the database at every search: the list of states comes from there
each time, bound to its reader, and postings are used only for exactly the states that are listed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hearth_server.adapters.postgres.listing import read_listing
from hearth_server.adapters.postgres.recent import Recent
from hearth_server.capabilities.knowledge.bm25 import Postings

DEFAULT_LIMIT: Final = 256 * 1024 * 1024
_DECODED: Final = 3
"""Bytes in memory for each byte of postings, once they were taken apart, or fewer."""
_STATES: Final = 8
"""Listings whose words are kept, of each reader: an older one's are read anew."""
_MANY_CHANGES: Final = 500
"""Documents whose postings are read anew together with all others."""

Fetch = Callable[[Sequence[str], Sequence[UUID] | None], Awaitable[Mapping[str, Postings]]]
"""Reads the postings of some words, in some documents or in all."""


@dataclass(frozen=True, slots=True)
class _Kept:
    listing: bytes
    postings: Postings

    @property
    def size_bytes(self) -> int:
        return len(self.postings.heads) + len(self.postings.packed) * _DECODED


class Concordance:
    """At most `limit` bytes of postings, the least recently used ones dropped first."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._kept: Recent[tuple[UUID, str], _Kept] = Recent(limit)

    async def get(
        self, reader: UUID, words: Sequence[str], listing: bytes, fetch: Fetch
    ) -> list[Postings]:
        """Give the postings of words in the states that are listed, reading only what is missing.

        Shape: `listing` is as `read_listing` has it.
        """
        held = {word: self._kept.get((reader, word)) for word in words}
        found = {
            word: each.postings
            for word, each in held.items()
            if each is not None and each.listing == listing
        }
        older: dict[bytes, dict[str, Postings]] = {}
        for word, each in held.items():
            if word not in found:
                kept = each or _Kept(b"", Postings(word, b"", b""))
                older.setdefault(kept.listing, {})[word] = kept.postings
        for before, postings in older.items():
            found |= await _renew(postings, (before, listing), fetch)
        for word in words:
            self._kept.keep((reader, word), _Kept(listing, found[word]))
        if any(older):
            self._forget_old_states(reader)
        return [found[word] for word in words]

    def _forget_old_states(self, reader: UUID) -> None:
        """Drop words of states that are long past: each state that is kept is a listing."""
        states: list[bytes] = []
        for key, kept in self._kept.newest_first():
            if key[0] == reader and not any(kept.listing is each for each in states):
                states.append(kept.listing)
            if key[0] == reader and len(states) > _STATES:
                self._kept.drop(key)


async def _renew(
    held: Mapping[str, Postings], listings: tuple[bytes, bytes], fetch: Fetch
) -> dict[str, Postings]:
    """Bring postings of one state of things to another, reading what has changed in between."""
    if not listings[0]:
        return await _read_whole(held, fetch)
    before, now = map(read_listing, listings)
    gone = [each for each, edition in before.items() if now.get(each) != edition]
    new = [each for each, edition in now.items() if before.get(each) != edition]
    if len(new) > _MANY_CHANGES:
        return await _read_whole(held, fetch)
    newer = await fetch(list(held), new) if new else {}
    return {
        word: postings.replacing(gone, newer.get(word)) if gone or word in newer else postings
        for word, postings in held.items()
    }


async def _read_whole(words: Iterable[str], fetch: Fetch) -> dict[str, Postings]:
    wanted = list(words)
    found = await fetch(wanted, None)
    return {word: found.get(word) or Postings(word, b"", b"") for word in wanted}
