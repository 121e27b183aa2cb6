"""Choose the stores that the settings name; nothing is opened or asked yet.

The embedded ones are the default. The clients of the others are imported where they are chosen,
so that an installation without them neither loads nor needs them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never
from uuid import UUID

from hearth_server.adapters.obstore.folder import open_folder
from hearth_server.adapters.obstore.rows import ObjectRows
from hearth_server.adapters.postgres.graph import PostgresGraph
from hearth_server.adapters.postgres.passages import PostgresPassages
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.readable import PostgresReadable
from hearth_server.adapters.postgres.rows import PostgresRows
from hearth_server.adapters.postgres.runs import AfterFinish, PostgresRuns
from hearth_server.capabilities.data.model import Store
from hearth_server.capabilities.data.ports import Rows
from hearth_server.capabilities.graph.joined import JoinedGraph
from hearth_server.capabilities.graph.ports import Graph
from hearth_server.capabilities.knowledge.ports import Objects, Passages, Runs
from hearth_server.capabilities.knowledge.vector_index import (
    IndexedPassages,
    IndexedRuns,
    VectorIndex,
)
from hearth_server.settings.errors import SettingsError
from hearth_server.settings.model import GraphKind, ObjectsKind, Settings, VectorsKind

if TYPE_CHECKING:
    from hearth_server.adapters.obstore.bucket import BucketAddress

HINT = "hearth-server settings"


def make_objects(settings: Settings) -> Objects:
    """Choose where originals are kept.

    Raises:
        SettingsError: a setting that this store needs is missing.
        ObjectsDownError: the folder cannot be made.
    """
    match settings.objects:
        case ObjectsKind.FOLDER:
            return open_folder(settings.data_dir)
        case ObjectsKind.S3:
            from hearth_server.adapters.obstore.bucket import open_bucket

            return open_bucket(_bucket_of(settings))
        case _:
            assert_never(settings.objects)


def prepare_objects(settings: Settings) -> None:
    """Make what originals are kept in, where it can be made before anybody keeps one; else nothing.

    Raises:
        SettingsError: a setting that this store needs is missing.
        ObjectsDownError: the bucket is not there and cannot be made.
    """
    if settings.objects is ObjectsKind.S3:
        from hearth_server.adapters.obstore.bucket import make_bucket

        make_bucket(_bucket_of(settings))


def _bucket_of(settings: Settings) -> BucketAddress:
    from hearth_server.adapters.obstore.bucket import BucketAddress

    url = _given("s3", "HEARTH_OBJECTS_URL", settings.objects_url)
    bucket = _given("s3", "HEARTH_OBJECTS_BUCKET", settings.objects_bucket)
    access_key = _given("s3", "HEARTH_OBJECTS_ACCESS_KEY", settings.objects_access_key)
    if settings.objects_secret_key is None:
        raise _needs("s3", "HEARTH_OBJECTS_SECRET_KEY")
    return BucketAddress(
        name=bucket,
        url=url,
        access_key=access_key,
        secret_key=settings.objects_secret_key,
        region=settings.objects_region,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGraph:
    """A store of graphs, how to ask whether it answers, and how to leave it."""

    graph: Graph
    check: Callable[[], Awaitable[None]] | None = None
    """None where the database's own check covers it."""
    close: Callable[[], Awaitable[None]] | None = None
    rows: Rows | None = None
    """How its rows are looked at; None where they are tables like others."""
    put_owner: Callable[[UUID], Awaitable[None]] | None = None
    """Makes what a person's graph hangs on; None where it hangs on their profile."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Leave the store at the end."""
        try:
            yield
        finally:
            if self.close is not None:
                await self.close()


def make_graph(settings: Settings, database: Database) -> OpenGraph:
    """Choose where each person's graph is kept.

    Raises:
        SettingsError: a setting that this store needs is missing, or its client is.
    """
    match settings.graph:
        case GraphKind.POSTGRES:
            return OpenGraph(graph=PostgresGraph(database))
        case GraphKind.NEO4J:
            with _client("neo4j"):
                from hearth_server.adapters.neo4j.graph import Neo4jGraph
                from hearth_server.adapters.neo4j.rows import Neo4jRows

            url = _given("neo4j", "HEARTH_NEO4J_URL", settings.neo4j_url)
            neo4j = Neo4jGraph(url, user=settings.neo4j_user, password=settings.neo4j_password)
            return OpenGraph(
                graph=JoinedGraph(neo4j, PostgresGraph(database)),
                check=neo4j.ready,
                close=neo4j.close,
                rows=Neo4jRows(neo4j),
                put_owner=neo4j.put_owner,
            )
        case _:
            assert_never(settings.graph)


def make_index(settings: Settings) -> VectorIndex | None:
    """Choose what finds the nearest vectors; None where the database does it by itself.

    Raises:
        SettingsError: a setting that this index needs is missing, or its client is.
    """
    match settings.vectors:
        case VectorsKind.POSTGRES:
            return None
        case VectorsKind.QDRANT:
            with _client("qdrant"):
                from hearth_server.adapters.qdrant.vectors import open_qdrant

            url = _given("qdrant", "HEARTH_QDRANT_URL", settings.qdrant_url)
            return open_qdrant(url, settings.qdrant_api_key)
        case VectorsKind.MONGODB:
            with _client("mongodb"):
                from hearth_server.adapters.mongodb.vectors import open_mongodb

            if settings.mongodb_url is None:
                raise _needs("mongodb", "HEARTH_MONGODB_URL")
            return open_mongodb(
                settings.mongodb_url,
                settings.mongodb_database,
                user=settings.mongodb_user,
                password=settings.mongodb_password,
            )
        case _:
            assert_never(settings.vectors)


def make_passages(database: Database, index: VectorIndex | None) -> Passages:
    """Let a search ask the index where there is one."""
    passages = PostgresPassages(database)
    if index is None:
        return passages
    return IndexedPassages(passages, index, PostgresReadable(database))


def make_runs(
    database: Database, index: VectorIndex | None, *, after_finish: AfterFinish | None = None
) -> Runs:
    """Let a worker fill the index where there is one."""
    runs = PostgresRuns(database, after_finish=after_finish)
    return runs if index is None else IndexedRuns(runs, index)


def make_rows(
    settings: Settings, database: Database, objects: Objects, graph: OpenGraph
) -> Mapping[Store, Rows]:
    """Say which program answers each view of data."""
    tables = PostgresRows(database)
    return {
        Store.STORAGE: ObjectRows(objects, served_by=settings.objects.value),
        Store.SUPABASE: tables,
        Store.NEO4J: graph.rows or tables,
        Store.MONGODB: tables,
    }


@contextmanager
def _client(store: str) -> Generator[None]:
    """Say how to get the client of a store where it was left out."""
    try:
        yield
    except ModuleNotFoundError as error:
        msg = f"the client of the store `{store}` is not installed"
        raise SettingsError(msg, hint="pip install 'hearth-server[stores]'") from error


def _given(store: str, key: str, value: str) -> str:
    if not value:
        raise _needs(store, key)
    return value


def _needs(store: str, key: str) -> SettingsError:
    return SettingsError(f"{key}: is needed by the store `{store}`", hint=HINT)
