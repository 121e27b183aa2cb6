"""Vectors in four bits a number: small enough to keep a large owner's in memory, and near enough.

A search over many vectors goes through their codes first and compares only the closest ones
exactly. Each row is scaled by its largest number, so that no row's fit depends on any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from hearth_server.capabilities.knowledge.layout import Layout, id_array
from hearth_server.capabilities.knowledge.selecting import highest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LEVELS: Final = 7
_SCALE: Final = 4
"""Bytes of a row's scale."""
_ROUGHLY: Final = 3
"""How many times as many as are wanted are taken by codes alone."""
_ROWS_AT_ONCE: Final = 65_536
"""Rows whose products stay in a processor's cache until they are scaled."""


def pack_codes(vectors: NDArray[np.float32]) -> bytes:
    """Pack rows, in order.

    Shape: the rows' scales as float32, then the rows, two numbers a byte with the first in the
    lower half, each from -7 to 7; little-endian. A row of odd length ends with an empty half.
    """
    import numpy as np

    scales, halves = _quantise(vectors)
    return scales.astype("<f4").tobytes() + np.ascontiguousarray(halves).tobytes()


def count_rows(packed: bytes, dimension: int) -> int:
    """Tell how many rows of this dimension were packed."""
    return len(packed) // (_SCALE + _width(dimension))


@dataclass(frozen=True, slots=True)
class Shelf:
    """Codes of many documents, one below the other.

    Shape: a row stands at its passage's place.
    """

    documents: tuple[UUID, ...]
    layout: Layout
    scales: NDArray[np.float32]
    halves: NDArray[np.uint8]

    @classmethod
    def build(cls, parts: Sequence[tuple[UUID, bytes]], dimension: int) -> Shelf:
        """Put packed documents together."""
        import numpy as np

        width = _width(dimension)
        counts = [count_rows(packed, dimension) for _, packed in parts]
        documents = tuple(document for document, _ in parts)
        layout = Layout.of(id_array(documents), np.array(counts, np.int64))
        scales = np.empty(layout.size, np.float32)
        halves = np.empty((layout.size, width), np.uint8)
        for (_, packed), first, count in zip(parts, layout.starts.tolist(), counts, strict=False):
            at = count * _SCALE
            scales[first : first + count] = np.frombuffer(packed, "<f4", count)
            rows = np.frombuffer(packed, np.uint8, count * width, at)
            halves[first : first + count] = rows.reshape(count, width)
        return cls(documents, layout, scales, halves)

    @property
    def size_bytes(self) -> int:
        """What it holds in memory, nearly."""
        return int(self.scales.nbytes + self.halves.nbytes)

    def part(self, index: int) -> bytes:
        """Give one document as it was packed."""
        first, last = self.layout.starts[index], self.layout.starts[index + 1]
        return self.scales[first:last].astype("<f4").tobytes() + self.halves[first:last].tobytes()

    def closest(
        self, vector: Sequence[float], limit: int, *, only: frozenset[UUID] | None = None
    ) -> NDArray[np.int64]:
        """Give the places whose codes are closest to a vector of length 1, rising.

        All codes are compared with the vector's own code, and the first ones with the vector
        itself, whose rounding is as much of the error as that of the codes.
        """
        import numpy as np

        if not len(self.scales):
            return np.empty(0, np.int64)
        sought = np.asarray(vector, np.float32)
        scores = self._score(sought)
        if only is not None:
            wanted = np.isin(self.layout.documents, id_array(only))
            scores[~np.repeat(wanted, np.diff(self.layout.starts))] = -np.inf
        places = highest(scores, limit * _ROUGHLY)
        places = places[np.isfinite(scores[places])]
        finer = self._score_finely(places, sought)
        return np.sort(places[highest(finer, limit)])

    def _score(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score every row by its code and that of the vector."""
        import numkong
        import numpy as np

        _, asked = _quantise(vector[None])
        scores = np.empty(len(self.scales), np.float32)
        for first in range(0, len(scores), _ROWS_AT_ONCE):
            rows = slice(first, first + _ROWS_AT_ONCE)
            products = numkong.cdist(self.halves[rows], asked, metric="dot", dtype="int4")
            # The query's own scale is common to all rows and changes no order.
            numbers = np.asarray(products).ravel()
            np.multiply(numbers, self.scales[rows], out=scores[rows], casting="same_kind")
        return scores

    def _score_finely(
        self, places: NDArray[np.int64], vector: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Score some rows by their codes and the vector itself."""
        import numpy as np

        first, second = np.pad(vector, (0, len(vector) % 2)).reshape(-1, 2).T.copy()
        # With its sign bit turned, a number from -8 to 7 is the same from 0 to 15.
        rows = self.halves[places] ^ np.uint8(0x88)
        products = (rows & 0x0F) @ first + (rows >> 4) @ second - 8.0 * vector.sum()
        scores: NDArray[np.float32] = products * self.scales[places]
        return scores


def _quantise(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    import numpy as np

    largest = np.abs(vectors).max(axis=1, initial=0.0)
    scales = (np.where(largest > 0, largest, 1.0) / _LEVELS).astype(np.float32)
    numbers = np.round(vectors / scales[:, None]).astype(np.int8)
    if numbers.shape[1] % 2:
        numbers = np.pad(numbers, ((0, 0), (0, 1)))
    low, high = numbers[:, 0::2] & 0x0F, (numbers[:, 1::2] & 0x0F) << 4
    return scales, np.ascontiguousarray((low | high).view(np.uint8))


def _width(dimension: int) -> int:
    return (dimension + 1) // 2
