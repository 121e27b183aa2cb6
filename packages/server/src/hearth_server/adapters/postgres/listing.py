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
    """A listing in the order of its documents, and how their passages are laid out."""

    listing: bytes
    layout: Layout

    @classmethod
    def of(cls, listing: bytes) -> Listed:
        """Bring a listing into order, and lay it out."""
        import numpy as np

        entry = np.dtype([("id", "S16"), ("edition", ">u8"), ("passages", ">u4")])
        rows = np.frombuffer(listing, entry)
        rows = rows[np.argsort(rows["id"])]
        return cls(rows.tobytes(), Layout.of(rows["id"].copy(), rows["passages"]))


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    as_it_came: bytes
    listed: Listed

    @property
    def size_bytes(self) -> int:
        return len(self.as_it_came) // _ENTRY * (2 * _ENTRY + _LAID_OUT)


class Listings:
    """The last listing of each reader, laid out once, in at most `limit` bytes."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._kept: Recent[UUID, _Kept] = Recent(limit)

    def get(self, reader: UUID, listing: bytes) -> Listed:
        """Give the same value for the same listing in any order, for as long as there is room."""
        kept = self._kept.get(reader)
        if kept is None or kept.as_it_came != listing:
            listed = Listed.of(listing)
            is_same = kept is not None and kept.listed.listing == listed.listing
            kept = _Kept(listing, kept.listed if kept and is_same else listed)
        self._kept.keep(reader, kept)
        return kept.listed
