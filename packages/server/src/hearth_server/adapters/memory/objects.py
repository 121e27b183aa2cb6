"""The port `Objects` in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from hearth_server.capabilities.knowledge.errors import ObjectsDownError
from hearth_server.capabilities.knowledge.model import StoredObject


class MemoryObjects:
    """Keeps objects as long as it lives; `contents` is open to tests."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self._modified: dict[str, datetime] = {}

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a whole stream, or nothing."""
        self.contents[key] = b"".join([chunk async for chunk in chunks])
        self._modified[key] = datetime.now(UTC)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Give an object's bytes in one piece."""
        if key not in self.contents:
            msg = "objects: an original cannot be read from `memory`"
            raise ObjectsDownError(msg)
        yield self.contents[key]

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        self.contents.pop(key, None)

    async def list_keys(self, prefix: str) -> list[str]:
        """Give the keys below a prefix, sorted."""
        return sorted(key for key in self.contents if key.startswith(prefix))

    async def list_objects(self, prefix: str) -> list[StoredObject]:
        """Give what is below a prefix, by key."""
        return [
            StoredObject(
                key=key, size_bytes=len(self.contents[key]), modified_at=self._modified[key]
            )
            for key in await self.list_keys(prefix)
        ]
