"""What sharing needs from the outside; each has a `memory` adapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from hearth_server.capabilities.sharing.model import Audience, ReaderGroup


class Sharing(Protocol):
    """Who may read whose documents. Only an owner reads or changes what they share."""

    async def read(self, owner: UUID, document_id: UUID) -> Audience:
        """Give who may read one of the owner's documents.

        Raises:
            NotYoursError: the owner has no such document.
        """
        ...

    async def share(
        self, owner: UUID, document_id: UUID, audience: Audience, *, shared_by: str
    ) -> None:
        """Let these and no others read one of the owner's documents, all or nothing.

        Raises:
            NotYoursError: the owner has no such document.
            GroupNotFoundError: a group is not there, or the owner is not in it.
        """
        ...

    async def list_groups(self, person: UUID) -> tuple[ReaderGroup, ...]:
        """Give the groups that a person made or is in, by name."""
        ...

    async def add_group(
        self, owner: UUID, group_id: UUID, name: str, people: Sequence[str]
    ) -> None:
        """Make a group.

        Raises:
            GroupNameTakenError: the owner has one of that name.
        """
        ...

    async def set_members(self, owner: UUID, group_id: UUID, people: Sequence[str]) -> None:
        """Have these and no others in one of the owner's groups.

        Raises:
            GroupNotFoundError: the owner has no such group.
        """
        ...

    async def delete_group(self, owner: UUID, group_id: UUID) -> None:
        """Remove one of the owner's groups, and what it let its members read.

        Raises:
            GroupNotFoundError: the owner has no such group.
        """
        ...
