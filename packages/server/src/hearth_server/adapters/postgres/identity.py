"""Identity in PostgreSQL: what is looked up before anybody is known goes through functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from hearth_kit.errors import BugError

from hearth_server.adapters.postgres.errors import SchemaError
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.identity.errors import NotSignedInError, TokenNameTakenError
from hearth_server.capabilities.identity.model import (
    ApiToken,
    LinkOutcome,
    Person,
    Profile,
    SessionHolder,
    TokenHolder,
)
from hearth_server.principal import Role

_START: Final = "select identity.start_session(%s, %s, %s, %s, %s)"
_FIND_SESSION: Final = """
select user_id, email, role, tier, enabled_tools, expires_at from identity.find_session(%s, %s)
"""
_END: Final = "select identity.end_session(%s)"
_FIND_HOLDER: Final = """
select user_id, email, role, tier, token_id, name, scopes, groups, enabled_tools, expires_at
from identity.find_token(%s, %s)
"""
_ADMIT: Final = """
select user_id, email, role, tier, enabled_tools from identity.admit(%s, %s, %s, %s, %s)
"""
_PROFILE: Final = "select email, role, tier, created_at, last_sign_in_at from identity.users"
_LIST: Final = """
select id, name, scopes, groups, created_at, expires_at, last_used_at
from identity.tokens order by created_at desc, id desc
"""
_ADD: Final = """
insert into identity.tokens (id, user_id, name, digest, scopes, groups, created_at, expires_at)
values (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_SCHEMA: Final = "select to_regclass('identity.users')"
_REMOVE: Final = "delete from identity.tokens where id = %s"
# The latest stand last; of more than fit, the oldest leave the list.
_ENABLED: Final = """
set enabled_tools = (
    select coalesce(array_agg(name order by place), '{}') from (
        select name, max(place) as place
        from unnest(enabled_tools || %(names)s::text[]) with ordinality as t (name, place)
        group by name order by 2 desc limit %(most)s
    ) as kept
)
"""
_ENABLE_FOR_TOKEN: Final = f"update identity.tokens {_ENABLED} where id = %(token)s"
_ENABLE_FOR_PERSON: Final = f"update identity.users {_ENABLED}"


class PostgresSignIns:
    """Links and sessions, by the functions of schema `identity`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start_session(
        self, *, link: bytes, session: bytes, replaces: bytes | None, now: datetime, until: datetime
    ) -> LinkOutcome:
        """Use up a link and begin a session, both or neither."""
        async with self._database.as_nobody() as connection:
            cursor = await connection.execute(_START, (link, session, replaces, now, until))
            row = await cursor.fetchone()
        return LinkOutcome(row[0]) if row else LinkOutcome.UNKNOWN

    async def find_session(self, session: bytes, *, now: datetime) -> SessionHolder | None:
        """Find whose session this is."""
        row = await self._database.call(_FIND_SESSION, (session, now))
        return SessionHolder(person=_person(row[:5]), expires_at=row[5]) if row else None

    async def end_session(self, session: bytes) -> None:
        """Forget a session."""
        async with self._database.as_nobody() as connection:
            await connection.execute(_END, (session,))


class PostgresTokens:
    """API tokens under row-level security."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_holder(self, token: bytes, *, now: datetime) -> TokenHolder | None:
        """Find whose token this is."""
        row = await self._database.call(_FIND_HOLDER, (token, now))
        if row is None:
            return None
        return TokenHolder(
            person=_person((*row[:4], ())),
            token_id=row[4],
            token_name=row[5],
            scopes=frozenset(row[6]),
            groups=None if row[7] is None else frozenset(row[7]),
            enabled_tools=frozenset(row[8]),
            expires_at=row[9],
        )

    async def get_profile(self, user_id: UUID) -> Profile:
        """Get the caller's own profile."""
        async with self._database.as_user(user_id) as connection:
            row = await (await connection.execute(_PROFILE)).fetchone()
        if row is None:
            msg = "account: it is gone"
            raise NotSignedInError(msg)
        person = _person((user_id, *row[:3], ()))
        return Profile(person=person, created_at=row[3], last_sign_in_at=row[4])

    async def list_tokens(self, user_id: UUID) -> tuple[ApiToken, ...]:
        """List a person's tokens, newest first."""
        async with self._database.as_user(user_id) as connection:
            rows = await (await connection.execute(_LIST)).fetchall()
        return tuple(
            ApiToken(
                id=row[0],
                name=row[1],
                scopes=tuple(row[2]),
                groups=None if row[3] is None else tuple(row[3]),
                created_at=row[4],
                expires_at=row[5],
                last_used_at=row[6],
            )
            for row in rows
        )

    async def add_token(self, user_id: UUID, token: ApiToken, *, digest: bytes) -> None:
        """Keep a new token."""
        values = (
            token.id,
            user_id,
            token.name,
            digest,
            list(token.scopes),
            None if token.groups is None else list(token.groups),
            token.created_at,
            token.expires_at,
        )
        try:
            async with self._database.as_user(user_id) as connection:
                await connection.execute(_ADD, values)
        except psycopg.errors.UniqueViolation as cause:
            msg = f"token `{token.name}`: you have one of that name"
            raise TokenNameTakenError(msg) from cause

    async def remove_token(self, user_id: UUID, token_id: UUID) -> bool:
        """Forget a token; False when the person has none with that id."""
        async with self._database.as_user(user_id) as connection:
            cursor = await connection.execute(_REMOVE, (token_id,))
            return cursor.rowcount == 1

    async def enable_tools(
        self, user_id: UUID, token_id: UUID | None, names: Collection[str], *, most: int
    ) -> None:
        """Put tools on the list of one token, or else of the person; the latest `most` stay."""
        values = {"names": sorted(names), "most": most, "token": token_id}
        query = _ENABLE_FOR_TOKEN if token_id else _ENABLE_FOR_PERSON
        async with self._database.as_user(user_id) as connection:
            await connection.execute(query, values)


class PostgresAdmissions:
    """Accounts of those whom another has proved."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(
        self, email: str, *, is_service: bool, is_admin: bool, new_id: UUID, now: datetime
    ) -> Person:
        """Find the account of an address, or make it."""
        kind = "service" if is_service else "person"
        row = await self._database.call(_ADMIT, (email, kind, is_admin, new_id, now))
        if row is None:
            msg = f"account `{email}`: was neither found nor made"
            raise BugError(msg)
        return _person(row)


def _person(row: Sequence[Any]) -> Person:
    """Read `id, email, role, tier, enabled_tools`."""
    return Person(
        id=row[0], email=row[1], role=Role(row[2]), tier=row[3], enabled_tools=frozenset(row[4])
    )


async def check_schema(database: Database) -> None:
    """Answer when the schema is there.

    Raises:
        SchemaError: it is not.
        PostgresDownError: the database does not answer.
    """
    async with database.as_nobody() as connection:
        row = await (await connection.execute(_SCHEMA)).fetchone()
    if not row or row[0] is None:
        msg = "postgres: the schema is not there yet"
        raise SchemaError(msg, hint="hearth-server migrate")
