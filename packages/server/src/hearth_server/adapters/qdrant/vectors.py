"""The port `VectorIndex` in Qdrant: a collection for each embedder, owners told apart in it.

Source: https://qdrant.tech/documentation/guides/multitenancy/ (one collection, payload index with
`is_tenant`; read 2026-11).
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

import httpx
from hearth_kit.secret import Secret
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from hearth_server.capabilities.knowledge.errors import VectorsDownError
from hearth_server.capabilities.knowledge.model import EmbedderInfo, PassageKey
from hearth_server.capabilities.knowledge.vector_index import Within, space_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HINT: Final = "hearth status qdrant"
PREFIX: Final = "hearth-"
_BATCH: Final = 500
_CONFLICT: Final = 409
_TIMEOUT_SECONDS: Final = 30


class QdrantVectors:
    """Vectors by document and ordinal; opens no connection before it is asked."""

    def __init__(self, client: AsyncQdrantClient) -> None:
        self._client = client
        self._known: set[str] = set()
        self._making = asyncio.Lock()

    async def replace(
        self,
        owner: UUID,
        document_id: UUID,
        info: EmbedderInfo,
        vectors: NDArray[np.float32],
    ) -> None:
        """Put a document's vectors in the place of those that are there."""
        name = collection_name(info)
        with _mapped():
            await self._ensure(name, info)
            for start in range(0, len(vectors), _BATCH):
                points = [
                    models.PointStruct(
                        id=str(uuid5(document_id, str(start + place))),
                        vector=row.tolist(),
                        payload={
                            "owner": str(owner),
                            "document": str(document_id),
                            "ordinal": start + place,
                        },
                    )
                    for place, row in enumerate(vectors[start : start + _BATCH])
                ]
                await self._client.upsert(name, points, wait=True)
            beyond = models.FieldCondition(key="ordinal", range=models.Range(gte=len(vectors)))
            stale = models.Filter(must=[_is_of([document_id]), beyond])
            await self._client.delete(name, models.FilterSelector(filter=stale), wait=True)

    async def remove(self, document_id: UUID) -> None:
        """Forget every vector of a document, of whatever embedder."""
        every = models.FilterSelector(filter=models.Filter(must=[_is_of([document_id])]))
        with _mapped():
            for each in (await self._client.get_collections()).collections:
                if each.name.startswith(PREFIX):
                    await self._client.delete(each.name, every, wait=True)

    async def nearest(
        self, vector: Sequence[float], info: EmbedderInfo, within: Within, *, limit: int
    ) -> dict[PassageKey, float]:
        """Give the passages of the highest cosine, best first."""
        name = collection_name(info)
        with _mapped():
            if name not in self._known and not await self._client.collection_exists(name):
                return {}
            self._known.add(name)
            found = await self._client.query_points(
                name,
                query=list(vector),
                query_filter=bounds(within),
                limit=limit,
                with_payload=["document", "ordinal"],
            )
        return {
            PassageKey(
                document_id=UUID(point.payload["document"]), ordinal=point.payload["ordinal"]
            ): point.score
            for point in found.points
            if point.payload
        }

    async def ready(self) -> None:
        """Answer when Qdrant does."""
        with _mapped():
            await self._client.get_collections()

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def _ensure(self, name: str, info: EmbedderInfo) -> None:
        async with self._making:
            if name in self._known:
                return
            if not await self._client.collection_exists(name):
                await self._make(name, info)
            self._known.add(name)

    async def _make(self, name: str, info: EmbedderInfo) -> None:
        try:
            await self._client.create_collection(
                name,
                vectors_config=models.VectorParams(
                    size=info.dimension, distance=models.Distance.COSINE
                ),
            )
        except UnexpectedResponse as error:
            # A worker and another may make it at the same moment.
            if error.status_code != _CONFLICT:
                raise
        tenant = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
        await self._client.create_payload_index(name, "owner", tenant)
        await self._client.create_payload_index(name, "document", models.PayloadSchemaType.KEYWORD)
        await self._client.create_payload_index(name, "ordinal", models.PayloadSchemaType.INTEGER)


def open_qdrant(url: str, api_key: Secret | None) -> QdrantVectors:
    """Make the index at an address, `http://qdrant:6333`."""
    key = api_key.reveal() if api_key else None
    with warnings.catch_warnings():
        # Without TLS the key is as safe as the network of ours that it goes through.
        warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
        client = AsyncQdrantClient(
            url=url, api_key=key, timeout=_TIMEOUT_SECONDS, check_compatibility=False
        )
    return QdrantVectors(client)


def collection_name(info: EmbedderInfo) -> str:
    """Name the collection of an embedder."""
    return f"{PREFIX}{space_name(info)}"


def bounds(within: Within) -> models.Filter:
    """Write where a search may look as a filter, which Qdrant applies inside of its search."""
    owned: list[models.Condition] = [
        models.FieldCondition(key="owner", match=models.MatchValue(value=str(within.owner)))
    ]
    if within.own is not None:
        owned.append(_is_of(sorted(within.own)))
    either: list[models.Condition] = [models.Filter(must=owned)]
    if within.others:
        either.append(_is_of(sorted(within.others)))
    return models.Filter(should=either)


def _is_of(documents: Sequence[UUID]) -> models.FieldCondition:
    ids = [str(each) for each in documents]
    return models.FieldCondition(key="document", match=models.MatchAny(any=ids))


@contextmanager
def _mapped() -> Generator[None]:
    try:
        yield
    except (ApiException, httpx.HTTPError, OSError) as error:
        msg = "qdrant: does not answer as it should"
        raise VectorsDownError(msg, hint=HINT) from error
