"""Which states of documents a reader may see, as the database lists them in one value."""

from __future__ import annotations

from typing import Final
from uuid import UUID

_ENTRY: Final = 24
_ID: Final = 16


def read_listing(listing: bytes) -> dict[UUID, bytes]:
    """Take a listing apart.

    Shape: 24 bytes a document: its id, then the number of its state, that no other state has had.
    """
    return {
        UUID(bytes=listing[at : at + _ID]): listing[at + _ID : at + _ENTRY]
        for at in range(0, len(listing), _ENTRY)
    }
