"""The port `Objects` in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hearth_server.capabilities.knowledge.errors import ObjectsDownError


class MemoryObjects:
    """Keeps objects as long as it lives; `contents` is open to tests."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a whole stream, or nothing."""
        self.contents[key] = b"".join([chunk async for chunk in chunks])

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
