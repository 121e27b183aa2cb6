"""Sharing in memory: the reference that PostgreSQL is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from hearth_server.capabilities.knowledge.model import Visibility
from hearth_server.capabilities.sharing.errors import (
    GroupNameTakenError,
    GroupNotFoundError,
    NotYoursError,
)
from hearth_server.capabilities.sharing.model import Audience, ReaderGroup


@dataclass(slots=True)
class Group:
    """A group as it is kept."""

    owner: UUID
    name: str
    people: frozenset[str]


@dataclass(slots=True)
class Shared:
    """A document that others may read, and who shares it."""

    audience: Audience
    shared_by: str


@dataclass(slots=True)
class MemorySharing:
    """The port `Sharing`.

    `addresses` is the e-mail address of each account; `owners` whose each document is.
    """

    addresses: dict[UUID, str] = field(default_factory=dict)
    owners: dict[UUID, UUID] = field(default_factory=dict)
    shares: dict[UUID, Shared] = field(default_factory=dict)
    groups: dict[UUID, Group] = field(default_factory=dict)

    def may_read(self, reader: UUID, document_id: UUID) -> bool:
        """Tell whether somebody may read a document: their own, or one shared with them."""
        return self.owners.get(document_id) == reader or bool(self._ways(reader, document_id))

    def describe(self, reader: UUID, document_id: UUID) -> tuple[Visibility, str]:
        """Give the widest audience that a reader knows of, and who shares it with them."""
        shared = self.shares.get(document_id)
        if shared is None:
            return Visibility.PRIVATE, ""
        is_owner = self.owners.get(document_id) == reader
        ways = _all_ways(shared.audience) if is_owner else self._ways(reader, document_id)
        for widest in (Visibility.PUBLIC, Visibility.GROUP, Visibility.PEOPLE):
            if widest in ways:
                return widest, "" if is_owner else shared.shared_by
        return Visibility.PRIVATE, ""

    def forget(self, document_id: UUID) -> None:
        """Forget a document that is gone."""
        self.owners.pop(document_id, None)
        self.shares.pop(document_id, None)

    async def read(self, owner: UUID, document_id: UUID) -> Audience:
        """Give who may read one of the owner's documents."""
        self._hold(owner, document_id)
        shared = self.shares.get(document_id)
        return shared.audience if shared else Audience()

    async def share(
        self, owner: UUID, document_id: UUID, audience: Audience, *, shared_by: str
    ) -> None:
        """Let these and no others read one of the owner's documents."""
        self._hold(owner, document_id)
        for group_id in audience.groups:
            group = self.groups.get(group_id)
            if group is None or self.addresses.get(owner) not in group.people:
                msg = "groups: you are in no such group"
                raise GroupNotFoundError(msg)
        self.shares.pop(document_id, None)
        if audience != Audience():
            self.shares[document_id] = Shared(audience, shared_by)

    async def list_groups(self, person: UUID) -> tuple[ReaderGroup, ...]:
        """Give the groups that a person made or is in."""
        address = self.addresses.get(person)
        found = [
            ReaderGroup(
                id=group_id,
                name=group.name,
                is_mine=group.owner == person,
                people=tuple(sorted(group.people)) if group.owner == person else (),
            )
            for group_id, group in self.groups.items()
            if group.owner == person or address in group.people
        ]
        return tuple(sorted(found, key=lambda each: (each.name.lower(), each.id)))

    async def add_group(
        self, owner: UUID, group_id: UUID, name: str, people: Sequence[str]
    ) -> None:
        """Make a group."""
        for group in self.groups.values():
            if group.owner == owner and group.name.lower() == name.lower():
                msg = f"group `{name}`: you have one of that name"
                raise GroupNameTakenError(msg)
        self.groups[group_id] = Group(owner, name, frozenset(people))

    async def set_members(self, owner: UUID, group_id: UUID, people: Sequence[str]) -> None:
        """Have these and no others in one of the owner's groups."""
        self._own(owner, group_id).people = frozenset(people)

    async def delete_group(self, owner: UUID, group_id: UUID) -> None:
        """Remove one of the owner's groups."""
        self._own(owner, group_id)
        del self.groups[group_id]
        for shared in self.shares.values():
            left = tuple(each for each in shared.audience.groups if each != group_id)
            shared.audience = replace(shared.audience, groups=left)

    def _ways(self, reader: UUID, document_id: UUID) -> set[Visibility]:
        shared, address = self.shares.get(document_id), self.addresses.get(reader)
        if shared is None or address is None:
            return set()
        joined = {key for key, group in self.groups.items() if address in group.people}
        ways = {Visibility.PUBLIC} if shared.audience.everybody else set()
        if joined & set(shared.audience.groups):
            ways.add(Visibility.GROUP)
        if address in shared.audience.people:
            ways.add(Visibility.PEOPLE)
        return ways

    def _hold(self, owner: UUID, document_id: UUID) -> None:
        if self.owners.get(document_id) != owner:
            msg = f"document `{document_id}`: there is no such document of yours"
            raise NotYoursError(msg)

    def _own(self, owner: UUID, group_id: UUID) -> Group:
        group = self.groups.get(group_id)
        if group is None or group.owner != owner:
            msg = f"group `{group_id}`: you have no such group"
            raise GroupNotFoundError(msg)
        return group


def _all_ways(audience: Audience) -> set[Visibility]:
    return {
        way
        for way, is_used in (
            (Visibility.PUBLIC, audience.everybody),
            (Visibility.GROUP, bool(audience.groups)),
            (Visibility.PEOPLE, bool(audience.people)),
        )
        if is_used
    }
