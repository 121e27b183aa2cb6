"""Sharing in PostgreSQL: an owner's own rows, each change in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg

from hearth_server.adapters.postgres.pool import Connection, Database
from hearth_server.adapters.postgres.queries import load_queries
from hearth_server.capabilities.sharing.errors import (
    GroupNameTakenError,
    GroupNotFoundError,
    NotYoursError,
)
from hearth_server.capabilities.sharing.model import Audience, ReaderGroup


class PostgresSharing:
    """The port `Sharing`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries("sharing.sql")

    async def read(self, owner: UUID, document_id: UUID) -> Audience:
        """Give who may read one of the owner's documents."""
        async with self._database.as_user(owner) as connection:
            values = {"owner": owner, "id": document_id}
            await self._hold(connection, values)
            rows = await self._rows(connection, "read_shares", values)
        return Audience(
            people=tuple(email for _, email, _ in rows if email is not None),
            groups=tuple(group for _, _, group in rows if group is not None),
            everybody=any(audience == "everybody" for audience, _, _ in rows),
        )

    async def share(
        self, owner: UUID, document_id: UUID, audience: Audience, *, shared_by: str
    ) -> None:
        """Let these and no others read one of the owner's documents."""
        values = {
            "owner": owner,
            "id": document_id,
            "people": list(audience.people),
            "groups": list(audience.groups),
            "everybody": audience.everybody,
            "shared_by": shared_by,
        }
        try:
            async with self._database.as_user(owner) as connection:
                await self._hold(connection, values)
                await connection.execute(self._queries["clear_shares"], values)
                await connection.execute(self._queries["add_shares"], values)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ForeignKeyViolation) as error:
            # Row-level security refuses a group that the owner is not in, as if it were not there.
            msg = "groups: you are in no such group"
            raise GroupNotFoundError(msg) from error

    async def list_groups(self, person: UUID) -> tuple[ReaderGroup, ...]:
        """Give the groups that a person made or is in."""
        async with self._database.as_user(person) as connection:
            rows = await self._rows(connection, "list_groups", {"owner": person})
        return tuple(
            ReaderGroup(id=group, name=name, is_mine=is_mine, people=tuple(people))
            for group, name, is_mine, people in rows
        )

    async def add_group(
        self, owner: UUID, group_id: UUID, name: str, people: Sequence[str]
    ) -> None:
        """Make a group."""
        values = {"owner": owner, "id": group_id, "name": name, "people": list(people)}
        try:
            async with self._database.as_user(owner) as connection:
                await connection.execute(self._queries["add_group"], values)
                await connection.execute(self._queries["add_members"], values)
        except psycopg.errors.UniqueViolation as error:
            msg = f"group `{name}`: you have one of that name"
            raise GroupNameTakenError(msg) from error

    async def set_members(self, owner: UUID, group_id: UUID, people: Sequence[str]) -> None:
        """Have these and no others in one of the owner's groups."""
        values = {"owner": owner, "id": group_id, "people": list(people)}
        try:
            async with self._database.as_user(owner) as connection:
                # Asked first: a member who is there already would tell who is in another's group.
                if not await self._rows(connection, "find_own_group", values):
                    raise _missing(group_id)
                await connection.execute(self._queries["clear_members"], values)
                await connection.execute(self._queries["add_members"], values)
        except psycopg.errors.ForeignKeyViolation as error:
            raise _missing(group_id) from error

    async def delete_group(self, owner: UUID, group_id: UUID) -> None:
        """Remove one of the owner's groups."""
        async with self._database.as_user(owner) as connection:
            if not await self._rows(connection, "delete_group", {"owner": owner, "id": group_id}):
                raise _missing(group_id)

    async def _hold(self, connection: Connection, values: Mapping[str, Any]) -> None:
        if not await self._rows(connection, "find_own", values):
            msg = f"document `{values['id']}`: there is no such document of yours"
            raise NotYoursError(msg)

    async def _rows(
        self, connection: Connection, query: str, values: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        return await (await connection.execute(self._queries[query], values)).fetchall()


def _missing(group_id: UUID) -> GroupNotFoundError:
    return GroupNotFoundError(f"group `{group_id}`: you have no such group")
