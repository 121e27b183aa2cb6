"""Vectors in PostgreSQL's binary forms, made in one stroke instead of number by number.

Source: `vector_recv` in pgvector's src/vector.c (dimension int16, unused int16, then float32) and
`array_recv` in PostgreSQL's arrayfuncs.c; everything is big-endian.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.adapt import Dumper
from psycopg.pq import Format

from hearth_server.adapters.postgres.arrays import pack_array

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class VectorArray:
    """Rows to be sent as one `vector[]`; `type_oid` is that of `vector` in this database."""

    rows: NDArray[np.float32]
    type_oid: int


class VectorArrayDumper(Dumper):
    """Sends a `VectorArray`. Its own type stays open: the query's cast settles it."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: VectorArray) -> bytes:
        """Give the array as the server reads it."""
        return pack_vectors(obj.rows, obj.type_oid)


def pack_vectors(rows: NDArray[np.float32], type_oid: int) -> bytes:
    """Pack rows as a one-dimensional array of vectors."""
    import numpy as np

    count, dimension = rows.shape
    layout = np.dtype([("dimension", ">i2"), ("unused", ">i2"), ("at", ">f4", (dimension,))])
    vectors = np.zeros(count, dtype=layout)
    vectors["dimension"] = dimension
    vectors["at"] = rows
    return pack_array(vectors, type_oid)
