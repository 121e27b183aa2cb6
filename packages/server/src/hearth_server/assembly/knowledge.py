"""Put the knowledge capability together from settings; `serve` and `worker` both need it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import assert_never

import procrastinate

from hearth_server.adapters.builtin.embedder import BuiltinEmbedder
from hearth_server.adapters.postgres.announcements import PostgresAnnouncements
from hearth_server.adapters.postgres.backlog import PostgresBacklog
from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.pool import Database
from hearth_server.assembly.code import assemble_indexer
from hearth_server.assembly.facts import assemble_reader, read_after_ingest
from hearth_server.assembly.leaving import closing
from hearth_server.assembly.reading import assemble_reading, readable_kinds
from hearth_server.assembly.stores import make_index, make_objects, make_passages, make_runs
from hearth_server.assembly.web import assemble_follower, make_fetcher
from hearth_server.capabilities.code.indexing import Indexer
from hearth_server.capabilities.graph.extracting import FactReader
from hearth_server.capabilities.knowledge.ingest import Ingester
from hearth_server.capabilities.knowledge.ports import (
    Documents,
    Embedder,
    Objects,
    Passages,
    Reranker,
)
from hearth_server.capabilities.knowledge.refresh import queue_all
from hearth_server.capabilities.knowledge.search import Searcher
from hearth_server.capabilities.knowledge.tools import KnowledgeTools
from hearth_server.capabilities.knowledge.uploads import Uploads
from hearth_server.capabilities.knowledge.vector_index import IndexedObjects, VectorIndex
from hearth_server.settings.errors import SettingsError
from hearth_server.settings.model import EmbedderKind, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the edge offers of the capability."""

    tools: KnowledgeTools
    searcher: Searcher
    uploads: Uploads
    embedder: Embedder
    documents: Documents
    objects: Objects
    passages: Passages
    index: VectorIndex | None
    """What finds the nearest vectors where the database does not do it by itself."""


def assemble_knowledge(settings: Settings, database: Database) -> Knowledge:
    """Build what a server needs: tools, uploads, news."""
    documents = PostgresDocuments(database, Jobs(new_job_app()))
    objects = make_objects(settings)
    index = make_index(settings)
    passages = make_passages(database, index)
    uploads = Uploads(
        documents, objects, limit=settings.upload_limit, kinds=readable_kinds(settings)
    )
    embedder = make_embedder(settings)
    searcher = Searcher(passages, embedder, make_reranker(settings))
    tools = KnowledgeTools(
        documents,
        uploads,
        searcher,
        PostgresAnnouncements(database, documents),
    )
    return Knowledge(
        tools=tools,
        searcher=searcher,
        uploads=uploads,
        embedder=embedder,
        documents=documents,
        objects=objects,
        passages=passages,
        index=index,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What a worker works with."""

    app: procrastinate.App
    ingester: Ingester
    objects: Objects
    catch_up: Callable[[], Awaitable[int]]
    """Queues what the embedder has not seen and gives the number of documents."""
    indexer: Indexer
    fact_reader: FactReader | None
    """None where no language model is on."""
    held: tuple[object, ...]
    """What may hold connections."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """Leave every service and store at the end; a worker that begins anew makes them anew."""
        return closing(*self.held)


def assemble_worker(settings: Settings, database: Database) -> WorkerParts:
    """Build what a worker needs."""
    objects = make_objects(settings)
    index = make_index(settings)
    documents = PostgresDocuments(database, Jobs(new_job_app()))
    uploads = Uploads(documents, objects, limit=settings.upload_limit)
    embedder = make_embedder(settings)
    reading = assemble_reading(settings)
    fetcher = make_fetcher()
    fact_reader = assemble_reader(settings, database)
    ingester = Ingester(
        make_runs(database, index, after_finish=read_after_ingest(settings)),
        objects,
        reading.reader,
        embedder,
        sites=assemble_follower(uploads, objects, fetcher),
    )
    kept = objects if index is None else IndexedObjects(objects, index)
    return WorkerParts(
        app=new_job_app(),
        ingester=ingester,
        objects=kept,
        catch_up=lambda: queue_all(PostgresBacklog(database), documents, embedder),
        indexer=assemble_indexer(database, objects),
        fact_reader=fact_reader,
        held=(index, embedder, fetcher, fact_reader, *reading.services),
    )


def make_embedder(settings: Settings) -> Embedder:
    """Choose the embedder that the settings name; nothing is loaded or asked yet.

    Raises:
        SettingsError: a setting that this embedder needs is missing.
    """
    match settings.embedder:
        case EmbedderKind.BUILTIN:
            return BuiltinEmbedder()
        case EmbedderKind.ONNX:
            from hearth_server.adapters.onnx.embedder import OnnxEmbedder

            if settings.embedder_model_dir is None:
                raise _needs("onnx", "HEARTH_EMBEDDER_MODEL_DIR")
            return OnnxEmbedder(settings.embedder_model_dir, sha256=settings.embedder_sha256)
        case EmbedderKind.OPENAI:
            from hearth_server.adapters.openai.embedder import OpenAIEmbedder

            if not settings.embedder_url:
                raise _needs("openai", "HEARTH_EMBEDDER_URL")
            if not settings.embedder_model:
                raise _needs("openai", "HEARTH_EMBEDDER_MODEL")
            return OpenAIEmbedder(
                settings.embedder_url,
                model=settings.embedder_model,
                api_key=settings.embedder_api_key,
            )
        case _:
            assert_never(settings.embedder)


def make_reranker(settings: Settings) -> Reranker | None:
    """Choose the reranker that the settings name, or none; nothing is loaded yet."""
    if settings.reranker_model_dir is None:
        return None
    from hearth_server.adapters.onnx.reranker import OnnxReranker

    return OnnxReranker(settings.reranker_model_dir, sha256=settings.reranker_sha256)


def _needs(embedder: str, key: str) -> SettingsError:
    return SettingsError(
        f"{key}: is needed by the embedder `{embedder}`", hint="hearth-server settings"
    )
