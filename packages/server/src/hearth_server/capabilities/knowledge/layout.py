"""Very many passages in one row, so that what is known of them are columns of numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hearth_server.capabilities.knowledge.model import PassageKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A place for each passage of some documents, from 0 on, one document after the other.

    Shape: `documents` are ids as bytes, sorted; `starts` has each one's first place and, last, the
    number of all places.
    """

    documents: NDArray[Any]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, documents: NDArray[Any], passages: NDArray[Any]) -> Layout:
        """Lay documents out that are sorted, by how many passages each has."""
        import numpy as np

        return cls(documents, np.concatenate([[0], np.cumsum(passages, dtype=np.int64)]))

    @property
    def size(self) -> int:
        """How many places there are."""
        return int(self.starts[-1])

    def places(self, passages: Sequence[PassageKey]) -> NDArray[np.int64]:
        """Give the place of each passage, and -1 for one that has none."""
        import numpy as np

        if not passages or not len(self.documents):
            return np.full(len(passages), -1, np.int64)
        sought = id_array(each.document_id for each in passages)
        owners = np.searchsorted(self.documents, sought).clip(max=len(self.documents) - 1)
        places = self.starts[owners] + np.array([each.ordinal for each in passages], np.int64)
        is_there = (self.documents[owners] == sought) & (places < self.starts[owners + 1])
        return np.where(is_there, places, -1)

    def keys(self, places: NDArray[Any]) -> list[PassageKey]:
        """Say which passages stand at some places."""
        documents, ordinals = self.columns(places)
        return [
            PassageKey(document_id=_id(document), ordinal=ordinal)
            for document, ordinal in zip(documents.tolist(), ordinals.tolist(), strict=True)
        ]

    def columns(self, places: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Say which passages stand at some places: ids as bytes, and ordinals."""
        import numpy as np

        owners = np.searchsorted(self.starts, places, side="right") - 1
        return self.documents[owners], places - self.starts[owners]


def id_array(documents: Iterable[UUID]) -> NDArray[Any]:
    """Give ids as bytes, 16 each."""
    import numpy as np

    return np.array([each.bytes for each in documents], "S16")


def _id(raw: bytes) -> UUID:
    return UUID(bytes=raw.ljust(16, b"\0"))  # numpy drops the zeros that an id ends with
