"""Whole installations over other stores than the embedded set, for tests that try to break in.

What their servers run on is the tests' own matter: an address is all that this takes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest
from hearth_kit.ids import uuid7
from hearth_kit.secret import Secret
from qdrant_client import AsyncQdrantClient

from hearth_server.adapters.qdrant import vectors as qdrant
from hearth_server.settings.model import GraphKind, ObjectsKind, VectorsKind
from hearth_server.testing.buckets import running_bucket

OTHERS: Final = ("qdrant-s3", "neo4j", "mongodb")
"""Stores beside the embedded set; the first needs no server, the others an address of one."""


class _Shared(qdrant.QdrantVectors):
    async def close(self) -> None:
        """Stay open: the first of the two that leaves would take it from the other."""


@contextmanager
def other_stores(
    kind: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mapping[str, Any]]:
    """Give the settings that choose stores, of which one is at an address."""
    if kind == "neo4j":
        yield {"graph": GraphKind.NEO4J, "neo4j_url": url}
    elif kind == "mongodb":
        database = f"hearth-test-{uuid7()}"
        address = {"mongodb_url": Secret(url), "mongodb_database": database}
        yield {"vectors": VectorsKind.MONGODB, **address}
    else:
        server = os.environ.get("HEARTH_TEST_QDRANT_URL", "")
        if not server:
            # The client's own store lives in one client: server and worker are given the same.
            shared = _Shared(AsyncQdrantClient(":memory:"))
            monkeypatch.setattr(qdrant, "open_qdrant", lambda _url, _key: shared)
        with running_bucket() as bucket:
            yield {
                "vectors": VectorsKind.QDRANT,
                "qdrant_url": server or "http://in-process",
                "objects": ObjectsKind.S3,
                "objects_url": bucket.url,
                "objects_bucket": bucket.bucket,
                "objects_access_key": bucket.access_key,
                "objects_secret_key": Secret(bucket.secret_key),
            }
            bucket.clear()
