"""What an owner does to let others read their documents: each method is a tool."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from hearth_kit.ids import NewId, uuid7

from hearth_server.capabilities.sharing.model import DocumentSharing, ReaderGroup
from hearth_server.capabilities.sharing.ports import Sharing
from hearth_server.capabilities.sharing.rules import (
    check_audience,
    check_group_name,
    check_people,
)
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

GROUP: Final = "knowledge"
READ: Final = "knowledge:read"
SHARE: Final = "knowledge:share"


class SharingTools:
    """The tools of sharing. A document is private until its owner says otherwise."""

    def __init__(self, sharing: Sharing, *, new_id: NewId = uuid7) -> None:
        self._sharing = sharing
        self._new_id = new_id

    @tool(title="Share a document", scope=SHARE, group=GROUP, effect=Effect.WRITE, listed=False)
    async def share_document(
        self,
        caller: Principal,
        *,
        document_id: UUID,
        people: list[str] | None = None,
        groups: list[UUID] | None = None,
        everybody: bool = False,
    ) -> DocumentSharing:
        """Let others read one of your documents: these and no others from now on.

        They find it in their searches and may open the original; they cannot change it. With
        nobody named it is private again. An address need not have an account here yet.

        Args:
            document_id: Which document.
            people: Addresses of those who may read it.
            groups: Groups whose members may read it, as `list_reader_groups` gives them.
            everybody: Whether everybody who is signed in here may read it.
        """
        audience = check_audience(
            people or (), groups or (), everybody=everybody, besides=caller.email
        )
        await self._sharing.share(caller.user_id, document_id, audience, shared_by=caller.email)
        return DocumentSharing(document_id=document_id, audience=audience)

    @tool(
        title="Show who may read a document",
        scope=READ,
        group=GROUP,
        effect=Effect.READ,
        listed=False,
    )
    async def get_sharing(self, caller: Principal, *, document_id: UUID) -> DocumentSharing:
        """Show who may read one of your own documents.

        Args:
            document_id: Which document.
        """
        audience = await self._sharing.read(caller.user_id, document_id)
        return DocumentSharing(document_id=document_id, audience=audience)

    @tool(title="List groups of readers", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def list_reader_groups(self, caller: Principal) -> tuple[ReaderGroup, ...]:
        """List the groups of people that you made or are in, to share documents with."""
        return await self._sharing.list_groups(caller.user_id)

    @tool(
        title="Make a group of readers",
        scope=SHARE,
        group=GROUP,
        effect=Effect.WRITE,
        listed=False,
    )
    async def create_reader_group(
        self, caller: Principal, *, name: str, people: list[str]
    ) -> ReaderGroup:
        """Make a group of people, so that documents can be shared with all of them at once.

        Each member may share documents with it; you alone change who is in it.

        Args:
            name: What to call it; yours are all different.
            people: Addresses of its members; you are one of them anyhow.
        """
        group = ReaderGroup(
            id=self._new_id(),
            name=check_group_name(name),
            is_mine=True,
            people=_with(caller, people),
        )
        await self._sharing.add_group(caller.user_id, group.id, group.name, group.people)
        return group

    @tool(
        title="Change a group of readers",
        scope=SHARE,
        group=GROUP,
        effect=Effect.WRITE,
        listed=False,
    )
    async def change_reader_group(
        self, caller: Principal, *, group_id: UUID, people: list[str]
    ) -> None:
        """Have these people and no others in one of your groups.

        Who is new in it may read what is shared with it; who is gone no longer does.

        Args:
            group_id: Which group.
            people: Addresses of its members; you are one of them anyhow.
        """
        await self._sharing.set_members(caller.user_id, group_id, _with(caller, people))

    @tool(
        title="Delete a group of readers",
        scope=SHARE,
        group=GROUP,
        effect=Effect.DESTROY,
        listed=False,
    )
    async def delete_reader_group(self, caller: Principal, *, group_id: UUID) -> None:
        """Delete one of your groups; what was shared with it is no longer.

        Args:
            group_id: Which group.
        """
        await self._sharing.delete_group(caller.user_id, group_id)


def _with(caller: Principal, people: list[str]) -> tuple[str, ...]:
    return tuple(sorted((*check_people(people, besides=caller.email), caller.email)))
