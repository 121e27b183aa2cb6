"""Which states of documents a reader may see, as the database lists them in one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hearth_server.adapters.postgres.recent import Recent
from hearth_server.capabilities.knowledge.layout import Layout

DEFAULT_LIMIT: Final = 32 * 1024 * 1024
_ENTRY: Final = 28
_ID: Final = 16
_LAID_OUT: Final = 24
"""Bytes a document takes in a layout."""


def read_listing(listing: bytes) -> dict[UUID, bytes]:
    """Take a listing apart.

    Shape: 28 bytes a document: its id, then the number of its state, which no other state has had,
    in 8 bytes, and how many passages it has in 4.
    """
    return {
        UUID(bytes=listing[at : at + _ID]): listing[at + _ID : at + _ENTRY]
        for at in range(0, len(listing), _ENTRY)
    }


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """A listing in the order of its documents, how their passages are laid out, their languages."""

    listing: bytes
    layout: Layout
    languages: tuple[str, ...]

    @classmethod
    def of(cls, listing: bytes, languages: tuple[str, ...]) -> Listed:
        """Bring a listing into order, and lay it out."""
        import numpy as np

        entry = np.dtype([("id", "S16"), ("edition", ">u8"), ("passages", ">u4")])
        rows = np.frombuffer(listing, entry)
        rows = rows[np.argsort(rows["id"])]
        layout = Layout.of(rows["id"].copy(), rows["passages"])
        return cls(rows.tobytes(), layout, languages)


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    mark: str
    listed: Listed

    @property
    def size_bytes(self) -> int:
        return len(self.listed.listing) // _ENTRY * (_ENTRY + _LAID_OUT)


class Listings:
    """The last listing of each reader, laid out once, in at most `limit` bytes.

    A mark is what the database makes of all that is listed: another listing has another one.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._kept: Recent[UUID, _Kept] = Recent(limit)

    def find(self, reader: UUID, mark: str) -> Listed | None:
        """Give the reader's listing if this is its mark; the same value for as long as it is."""
        kept = self._kept.get(reader)
        if kept is None or kept.mark != mark:
            return None
        self._kept.keep(reader, kept)
        return kept.listed

    def keep(self, reader: UUID, mark: str, listed: Listed) -> None:
        """Keep a listing in place of the reader's last one."""
        self._kept.keep(reader, _Kept(mark, listed))
