"""The port `VectorIndex` in MongoDB, by `$vectorSearch` where the server has a search engine.

A server without one (MongoDB Community without `mongot`, FerretDB) is asked for the vectors of
whom a search may look at, which are then compared one by one: exact, and quick enough for a person.
Source: https://www.mongodb.com/docs/atlas/atlas-vector-search/vector-search-stage/ and
https://www.mongodb.com/docs/manual/reference/command/createSearchIndexes/ (read 2026-11).
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import numpy as np
from bson.binary import Binary, BinaryVectorDtype
from hearth_kit.secret import Secret
from pymongo import AsyncMongoClient, ReplaceOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.operations import SearchIndexModel

from hearth_server.capabilities.knowledge.errors import VectorsDownError
from hearth_server.capabilities.knowledge.model import EmbedderInfo, PassageKey
from hearth_server.capabilities.knowledge.vector_index import Within, space_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

HINT: Final = "hearth status mongodb"
COLLECTION: Final = "vectors"
_BATCH: Final = 500
_READY_SECONDS: Final = 60.0
_MOST_CANDIDATES: Final = 10_000
_CANDIDATES_A_HIT: Final = 20

Document = dict[str, Any]


class MongoVectors:
    """Vectors by document and ordinal; opens no connection before it is asked."""

    def __init__(self, client: AsyncMongoClient[Document], database: str) -> None:
        self._client = client
        self._vectors: AsyncCollection[Document] = client[database][COLLECTION]
        self._searchable: dict[str, bool] = {}
        self._is_indexed = False

    async def replace(
        self,
        owner: UUID,
        document_id: UUID,
        info: EmbedderInfo,
        vectors: NDArray[np.float32],
    ) -> None:
        """Put a document's vectors in the place of those that are there."""
        space = space_name(info)
        with _mapped():
            await self._prepare()
            for start in range(0, len(vectors), _BATCH):
                rows = vectors[start : start + _BATCH]
                await self._vectors.bulk_write(
                    [
                        _put(owner, document_id, space, start + place, row)
                        for place, row in enumerate(rows)
                    ],
                    ordered=False,
                )
            stale = {
                "document": str(document_id),
                "space": space,
                "ordinal": {"$gte": len(vectors)},
            }
            await self._vectors.delete_many(stale)

    async def remove(self, document_id: UUID) -> None:
        """Forget every vector of a document, of whatever embedder."""
        with _mapped():
            await self._vectors.delete_many({"document": str(document_id)})

    async def nearest(
        self, vector: Sequence[float], info: EmbedderInfo, within: Within, *, limit: int
    ) -> dict[PassageKey, float]:
        """Give the passages of the highest cosine, best first."""
        with _mapped():
            if await self._can_search(info):
                found = await self._vectors.aggregate(pipeline(vector, info, within, limit=limit))
                return {_key(row): 2 * row["score"] - 1 async for row in found}
            return await self._compare(vector, info, within, limit=limit)

    async def ready(self) -> None:
        """Answer when MongoDB does."""
        with _mapped():
            await self._client.admin.command("ping")

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def _prepare(self) -> None:
        if not self._is_indexed:
            await self._vectors.create_index([("document", 1), ("space", 1)])
            await self._vectors.create_index([("owner", 1), ("space", 1)])
            self._is_indexed = True

    async def _can_search(self, info: EmbedderInfo) -> bool:
        """Make the index of an embedder where there is none; False where the server makes none."""
        name = space_name(info)
        if name not in self._searchable:
            try:
                await self._make_index(name, info)
            except OperationFailure as error:
                if not lacks_search(error):
                    raise
                self._searchable[name] = False
            else:
                self._searchable[name] = True
        return self._searchable[name]

    async def _make_index(self, name: str, info: EmbedderInfo) -> None:
        there = [each["name"] async for each in await self._vectors.list_search_indexes()]
        if name not in there:
            await self._vectors.create_search_index(index_model(info))
        async with asyncio.timeout(_READY_SECONDS):
            while True:
                found = await self._vectors.list_search_indexes(name)
                if any([each.get("queryable") async for each in found]):
                    return
                await asyncio.sleep(0.5)

    async def _compare(
        self, vector: Sequence[float], info: EmbedderInfo, within: Within, *, limit: int
    ) -> dict[PassageKey, float]:
        wanted = {"space": space_name(info), **bounds(within)}
        cursor = self._vectors.find(wanted, {"document": 1, "ordinal": 1, "embedding": 1})
        keys, rows = [], []
        async for row in cursor:
            keys.append(_key(row))
            rows.append(row["embedding"].as_vector().data)
        if not rows:
            return {}
        scores = np.array(rows, np.float32) @ np.array(vector, np.float32)
        order = sorted(range(len(keys)), key=lambda place: (-scores[place], keys[place]))
        return {keys[place]: float(scores[place]) for place in order[:limit]}


def open_mongodb(
    url: Secret,
    database: str,
    *,
    user: str = "",
    password: Secret | None = None,
    patience: timedelta = timedelta(seconds=5),
) -> MongoVectors:
    """Make the index at an address, `mongodb://mongodb:27017/`.

    `user` and `password` stand beside the address where they do not stand in it.
    """
    login: dict[str, Any] = (
        {"username": user, "password": password.reveal()} if user and password else {}
    )
    milliseconds = int(patience.total_seconds() * 1000)
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        url.reveal(),
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        appname="hearth-server",
        **login,
    )
    return MongoVectors(client, database)


def index_model(info: EmbedderInfo) -> SearchIndexModel:
    """Describe the search index; what is not declared `filter` cannot bound the search."""
    filters = [{"type": "filter", "path": path} for path in ("space", "owner", "document")]
    vector = {
        "type": "vector",
        "path": "embedding",
        "numDimensions": info.dimension,
        "similarity": "cosine",
    }
    return SearchIndexModel(
        definition={"fields": [vector, *filters]}, name=space_name(info), type="vectorSearch"
    )


def pipeline(
    vector: Sequence[float], info: EmbedderInfo, within: Within, *, limit: int
) -> list[Document]:
    """Write a search whose bounds stand inside its first stage, before anything is cut off."""
    candidates = min(_MOST_CANDIDATES, max(limit * _CANDIDATES_A_HIT, limit))
    return [
        {
            "$vectorSearch": {
                "index": space_name(info),
                "path": "embedding",
                "queryVector": list(vector),
                "numCandidates": candidates,
                "limit": limit,
                "filter": {"$and": [{"space": space_name(info)}, bounds(within)]},
            }
        },
        {
            "$project": {
                "_id": 0,
                "document": 1,
                "ordinal": 1,
                "score": {"$meta": "vectorSearchScore"},
            }
        },
    ]


def bounds(within: Within) -> Document:
    """Write where a search may look as a filter."""
    owned: Document = {"owner": str(within.owner)}
    if within.own is not None:
        owned["document"] = {"$in": [str(each) for each in sorted(within.own)]}
    if not within.others:
        return owned
    shared = {"document": {"$in": [str(each) for each in sorted(within.others)]}}
    return {"$or": [owned, shared]}


_NO_SUCH_COMMAND: Final = 59
_NOT_IMPLEMENTED: Final = 238
_SEARCH_NOT_ENABLED: Final = 31082
_UNKNOWN_STAGE: Final = 40324
_UNKNOWN_STAGE_OF_FERRETDB: Final = 40234


def lacks_search(error: OperationFailure) -> bool:
    """Tell whether a server says that it has no search engine."""
    return error.code in {
        _NO_SUCH_COMMAND,
        _NOT_IMPLEMENTED,
        _SEARCH_NOT_ENABLED,
        _UNKNOWN_STAGE,
        _UNKNOWN_STAGE_OF_FERRETDB,
    }


def _put(
    owner: UUID, document_id: UUID, space: str, ordinal: int, row: NDArray[np.float32]
) -> ReplaceOne[Document]:
    key = f"{document_id}:{space}:{ordinal}"
    return ReplaceOne(
        {"_id": key},
        {
            "_id": key,
            "owner": str(owner),
            "document": str(document_id),
            "space": space,
            "ordinal": ordinal,
            "embedding": Binary.from_vector(row.tolist(), BinaryVectorDtype.FLOAT32),
        },
        upsert=True,
    )


def _key(row: Mapping[str, Any]) -> PassageKey:
    return PassageKey(document_id=UUID(row["document"]), ordinal=row["ordinal"])


@contextmanager
def _mapped() -> Generator[None]:
    try:
        yield
    except (PyMongoError, TimeoutError, OSError) as error:
        msg = "mongodb: does not answer as it should"
        raise VectorsDownError(msg, hint=HINT) from error
