"""What administrators need of a store. Each look is written down, for good, before it is made."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from hearth_server.capabilities.admin.model import (
    DocumentRows,
    DocumentText,
    Entry,
    People,
    Usage,
)


class Oversight(Protocol):
    """Looks at other people's things. `admin` is who looks; the store itself asks if they may.

    Every method may raise `NotAdminError`, and `NoSuchPersonError` where it takes a person; an
    entry that was written for a look that then failed stays.
    """

    async def list_people(self, admin: UUID, *, text: str, limit: int, offset: int) -> People:
        """List people whose address has a text in it, by address."""
        ...

    async def get_usage(self, admin: UUID, person_id: UUID) -> Usage:
        """Count what one person keeps and asks."""
        ...

    async def list_documents(
        self, admin: UUID, person_id: UUID, *, limit: int, offset: int
    ) -> DocumentRows:
        """List one person's own documents, newest first."""
        ...

    async def get_document(
        self, admin: UUID, person_id: UUID, document_id: UUID, *, first: int, limit: int
    ) -> DocumentText:
        """Give one document and its passages from the ordinal `first` on.

        Raises:
            NoSuchDocumentError: the person has none of that id.
        """
        ...

    async def list_entries(
        self, admin: UUID, *, about: UUID | None, before: int | None, limit: int
    ) -> tuple[Entry, ...]:
        """List entries older than one, newest first: about one person, or all."""
        ...
