"""The port `Rows` over objects: a listing of the owner's prefix, filtered and sorted here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hearth_server.capabilities.data.model import Collection, Query, Row, Value
from hearth_server.capabilities.data.rules import select
from hearth_server.capabilities.knowledge.ports import Objects


class ObjectRows:
    """A person's objects; keys are shown without the person's own prefix."""

    def __init__(self, objects: Objects, *, served_by: str) -> None:
        self._objects = objects
        self._served_by = served_by

    @property
    def served_by(self) -> str:
        """Name what keeps the objects."""
        return self._served_by

    async def page(self, owner: UUID, query: Query) -> Sequence[Row]:
        """Give objects that fit, in order."""
        return select(await self._all(owner), query)

    async def find(self, owner: UUID, collection: Collection, key: Value) -> Row | None:
        """Give one object's row."""
        name = collection.key
        return next((row for row in await self._all(owner) if row[name] == key), None)

    async def _all(self, owner: UUID) -> list[dict[str, Any]]:
        prefix = f"user-{owner}/"
        return [
            {
                "key": found.key.removeprefix(prefix),
                "size_bytes": found.size_bytes,
                "modified_at": found.modified_at,
            }
            for found in await self._objects.list_objects(prefix)
        ]
