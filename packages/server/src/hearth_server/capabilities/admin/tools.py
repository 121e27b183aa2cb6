"""What an administrator may look at. Each look is noted first, and whom it is about can see it."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from hearth_server.capabilities.admin.errors import AdminOffError
from hearth_server.capabilities.admin.model import (
    DocumentRows,
    DocumentText,
    Entry,
    People,
    Usage,
)
from hearth_server.capabilities.admin.ports import Oversight
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

GROUP: Final = "admin"
READ: Final = "admin:read"
MOST: Final = 200
_LARGEST: Final = 2**31 - 1

Limit = Annotated[int, Field(ge=1, le=MOST)]
Offset = Annotated[int, Field(ge=0, le=_LARGEST)]


class AdminTools:
    """The tools of administrators; without `oversight` each says that it is off."""

    def __init__(self, oversight: Oversight | None) -> None:
        self._given = oversight

    @property
    def _oversight(self) -> Oversight:
        if self._given is None:
            msg = "HEARTH_DATABASE_ADMIN_URL: is needed by the tools of administrators"
            raise AdminOffError(msg, hint="hearth-server settings")
        return self._given

    @tool(title="List people", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def list_people(
        self, caller: Principal, *, text: str = "", limit: Limit = 50, offset: Offset = 0
    ) -> People:
        """List who has an account here, by address, and how much each keeps and asks.

        For administrators. The look is noted, and everybody here can see that it was made.

        Args:
            text: Only those whose address has this in it.
            limit: How many at most.
            offset: How many to leave out before the first.
        """
        found = text.strip()
        return await self._oversight.list_people(
            caller.user_id, text=found, limit=limit, offset=offset
        )

    @tool(title="Show usage", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def get_usage(self, caller: Principal, *, person_id: UUID) -> Usage:
        """Show in numbers what one person keeps and asks, and what could not be set up for them.

        For administrators. The look is noted, and the person can see that it was made.

        Args:
            person_id: Who, as `list_people` gives it.
        """
        return await self._oversight.get_usage(caller.user_id, person_id)

    @tool(
        title="List a person's documents",
        scope=READ,
        group=GROUP,
        effect=Effect.READ,
        listed=False,
    )
    async def list_documents_of(
        self, caller: Principal, *, person_id: UUID, limit: Limit = 50, offset: Offset = 0
    ) -> DocumentRows:
        """List the documents of one person, newest first, to help them with one that fails.

        For administrators. The look is noted, and the person can see that it was made.

        Args:
            person_id: Whose, as `list_people` gives it.
            limit: How many at most.
            offset: How many to leave out before the first.
        """
        return await self._oversight.list_documents(
            caller.user_id, person_id, limit=limit, offset=offset
        )

    @tool(
        title="Open a person's document",
        scope=READ,
        group=GROUP,
        effect=Effect.READ,
        listed=False,
    )
    async def get_document_of(
        self,
        caller: Principal,
        *,
        person_id: UUID,
        document_id: UUID,
        first: Offset = 0,
        limit: Limit = 20,
    ) -> DocumentText:
        """Open one document of a person, with the text that was read out of it.

        For administrators. The look is noted, and the person can see that it was made.

        Args:
            person_id: Whose, as `list_people` gives it.
            document_id: Which, as `list_documents_of` gives it.
            first: The passage to begin at, counted from 0.
            limit: How many passages at most.
        """
        return await self._oversight.get_document(
            caller.user_id, person_id, document_id, first=first, limit=limit
        )

    @tool(title="List the audit log", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def list_audit_log(
        self,
        caller: Principal,
        *,
        person_id: UUID | None = None,
        before: Annotated[int, Field(ge=1)] | None = None,
        limit: Limit = 50,
    ) -> tuple[Entry, ...]:
        """List who looked at whom and gave whom which role, newest first; itself a look.

        For administrators.

        Args:
            person_id: Only what is about this person; left out, all of it.
            before: Only entries older than the one of this id, to go on where a list ended.
            limit: How many at most.
        """
        return await self._oversight.list_entries(
            caller.user_id, about=person_id, before=before, limit=limit
        )
