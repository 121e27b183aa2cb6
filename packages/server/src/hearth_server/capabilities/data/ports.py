"""What a look needs of a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from hearth_server.capabilities.data.model import Collection, Query, Row, Value


class Rows(Protocol):
    """Rows of one owner as a store keeps them; never another's, whatever is asked."""

    @property
    def served_by(self) -> str:
        """Name the program behind it."""
        ...

    async def page(self, owner: UUID, query: Query) -> Sequence[Row]:
        """Give at most `query.limit` rows that fit, in order, with every column.

        Raises:
            UnavailableError: the store does not answer.
        """
        ...

    async def find(self, owner: UUID, collection: Collection, key: Value) -> Row | None:
        """Give one row; None where there is none, or it is another's.

        Raises:
            UnavailableError: the store does not answer.
        """
        ...
