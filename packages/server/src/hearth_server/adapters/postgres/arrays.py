"""Numbers of numpy in PostgreSQL's binary forms, made in one stroke instead of one by one.

Source: `array_recv` in PostgreSQL's arrayfuncs.c and `vector_recv` in pgvector's src/vector.c;
everything is big-endian. The types' numbers are those of pg_type.dat, which never change.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from psycopg.adapt import Dumper
from psycopg.pq import Format

from hearth_server.capabilities.knowledge.layout import id_array
from hearth_server.capabilities.knowledge.model import PassageKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_UUID: Final = 2950
_INT4: Final = 23


@dataclass(frozen=True, slots=True)
class Packed:
    """A value as the server reads it."""

    content: bytes


class PackedDumper(Dumper):
    """Sends a `Packed`. Its own type stays open: the query's cast settles it."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: Packed) -> bytes:
        """Give the value as it is."""
        return obj.content


def pack_vector(numbers: Sequence[float]) -> Packed:
    """Pack one vector: its dimension int16, an unused int16, then float32."""
    import numpy as np

    return Packed(struct.pack(">hh", len(numbers), 0) + np.asarray(numbers, ">f4").tobytes())


def pack_array(elements: NDArray[Any], type_oid: int) -> bytes:
    """Pack elements that are laid out as the server has them, big-endian, none of them null."""
    import numpy as np

    packed = np.empty(len(elements), [("size", ">i4"), ("at", elements.dtype)])
    packed["size"] = elements.dtype.itemsize
    packed["at"] = elements
    return np.array([1, 0, type_oid, len(elements), 1], ">i4").tobytes() + packed.tobytes()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Passages by their places.

    Shape: `documents` are ids as bytes, `ordinals` stand beside them.
    """

    documents: NDArray[Any]
    ordinals: NDArray[np.int64]

    @classmethod
    def of(cls, keys: Sequence[PassageKey]) -> Chosen:
        """Take keys apart."""
        import numpy as np

        ordinals = np.array([key.ordinal for key in keys], np.int64)
        return cls(id_array(key.document_id for key in keys), ordinals)

    def and_also(self, other: Chosen) -> Chosen:
        """Put others behind these."""
        import numpy as np

        return Chosen(
            np.concatenate([self.documents, other.documents]),
            np.concatenate([self.ordinals, other.ordinals]),
        )

    def values(self) -> dict[str, Packed]:
        """Give what a query's `unnest(%(documents)s::uuid[], %(ordinals)s::int[])` asks for."""
        return {
            "documents": Packed(pack_array(self.documents.astype("S16"), _UUID)),
            "ordinals": Packed(pack_array(self.ordinals.astype(">i4"), _INT4)),
        }
