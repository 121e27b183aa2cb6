"""Query files and binary forms, without a database."""

from __future__ import annotations

import re
import struct

import numpy as np
import pytest
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.adapters.postgres.vectors import pack_vectors

pytestmark = pytest.mark.unit

TABLE = re.compile(rb"\bknowledge\.\w+(?![\w(])")


@pytest.mark.parametrize("file", ["documents.sql", "passages.sql", "sharing.sql"])
def test_queries_are_named_and_bare(file: str) -> None:
    queries = load_queries(file)
    assert len(queries) >= 5
    for name, query in queries.items():
        assert query, name
        assert b"--" not in query, name


@pytest.mark.parametrize("file", ["documents.sql", "passages.sql", "sharing.sql"])
def test_every_query_on_rows_names_owner(file: str) -> None:
    """Row-level security is the second lock, never the only one; functions have rules of theirs."""
    for name, query in load_queries(file).items():
        if TABLE.search(query) and b"knowledge.spaces" not in query:
            assert b"%(owner)s" in query, name


def test_vectors_in_binary() -> None:
    packed = pack_vectors(np.array([[1.0, -2.0], [0.5, 0.0]], dtype=np.float32), 16_400)
    assert packed == (
        struct.pack(">5i", 1, 0, 16_400, 2, 1)
        + struct.pack(">ihh2f", 12, 2, 0, 1.0, -2.0)
        + struct.pack(">ihh2f", 12, 2, 0, 0.5, 0.0)
    )
