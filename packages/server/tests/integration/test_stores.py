"""Which stores the settings mean, and what is said where they cannot be had."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hearth_kit.secret import Secret
from hearth_server.adapters.obstore.objects import BucketObjects, StoredObjects
from hearth_server.adapters.postgres.graph import PostgresGraph
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.qdrant.vectors import QdrantVectors
from hearth_server.assembly.stores import make_graph, make_index, make_objects
from hearth_server.capabilities.graph.joined import JoinedGraph
from hearth_server.settings.errors import SettingsError
from hearth_server.settings.model import GraphKind, ObjectsKind, Settings, VectorsKind

pytestmark = pytest.mark.integration

S3 = {
    "objects": ObjectsKind.S3,
    "objects_url": "http://seaweedfs:8333",
    "objects_bucket": "hearth",
    "objects_access_key": "hearth",
    "objects_secret_key": Secret("x"),
}


def settings(**values: Any) -> Settings:
    return Settings(database_url=Secret("postgresql://x"), **values)


async def test_embedded_set_is_the_default(database: Database, tmp_path: Path) -> None:
    """And asks for no client of another store."""
    named = settings(data_dir=tmp_path)
    assert type(make_objects(named)) is StoredObjects
    assert make_index(named) is None
    assert type(make_graph(named, database).graph) is PostgresGraph


async def test_others_are_chosen_by_settings(database: Database) -> None:
    assert isinstance(make_objects(settings(**S3)), BucketObjects)
    index = make_index(settings(vectors=VectorsKind.QDRANT, qdrant_url="http://127.0.0.1:1"))
    assert isinstance(index, QdrantVectors)
    await index.close()
    chosen = settings(graph=GraphKind.NEO4J, neo4j_url="bolt://127.0.0.1:1")
    graph = make_graph(chosen, database)
    assert isinstance(graph.graph, JoinedGraph)
    assert graph.rows is not None
    async with graph.running():
        pass


MISSING: dict[str, tuple[dict[str, Any], str]] = {
    "address": (S3 | {"objects_url": ""}, "HEARTH_OBJECTS_URL: is needed by the store `s3`"),
    "bucket": (S3 | {"objects_bucket": ""}, "HEARTH_OBJECTS_BUCKET: is needed by the store `s3`"),
    "secret": (
        S3 | {"objects_secret_key": None},
        "HEARTH_OBJECTS_SECRET_KEY: is needed by the store `s3`",
    ),
    "qdrant": (
        {"vectors": VectorsKind.QDRANT},
        "HEARTH_QDRANT_URL: is needed by the store `qdrant`",
    ),
    "mongodb": (
        {"vectors": VectorsKind.MONGODB},
        "HEARTH_MONGODB_URL: is needed by the store `mongodb`",
    ),
    "neo4j": ({"graph": GraphKind.NEO4J}, "HEARTH_NEO4J_URL: is needed by the store `neo4j`"),
}


@pytest.mark.parametrize(("values", "told"), MISSING.values(), ids=MISSING.keys())
def test_missing_setting_is_named(
    database: Database, tmp_path: Path, values: dict[str, Any], told: str
) -> None:
    named = settings(data_dir=tmp_path, **values)

    def make_all() -> None:
        make_objects(named)
        make_index(named)
        make_graph(named, database)

    with pytest.raises(SettingsError) as caught:
        make_all()
    assert (str(caught.value), caught.value.hint) == (told, "hearth-server settings")


def test_missing_client_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    monkeypatch.delitem(sys.modules, "hearth_server.adapters.qdrant.vectors", raising=False)
    with pytest.raises(SettingsError) as caught:
        make_index(settings(vectors=VectorsKind.QDRANT, qdrant_url="http://qdrant:6333"))
    assert str(caught.value) == "the client of the store `qdrant` is not installed"
    assert caught.value.hint == "pip install 'hearth-server[stores]'"
