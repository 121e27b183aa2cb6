"""Identity in PostgreSQL: what is looked up before anybody is known goes through functions."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import psycopg

from hearth_server.adapters.postgres.errors import SchemaError
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.identity.errors import NotSignedInError, TokenNameTakenError
from hearth_server.capabilities.identity.model import (
    ApiToken,
    LinkOutcome,
    Person,
    Profile,
    TokenHolder,
)
from hearth_server.principal import Role

_START: Final = "select identity.start_session(%s, %s, %s, %s, %s)"
_FIND_SESSION: Final = "select user_id, email, role from identity.find_session(%s, %s)"
_END: Final = "select identity.end_session(%s)"
_FIND_TOKEN: Final = "select user_id, email, role, name, scopes from identity.find_token(%s, %s)"  # noqa: S105 - a query
_PROFILE: Final = "select email, role, created_at, last_sign_in_at from identity.users"
_LIST: Final = """
select id, name, scopes, created_at, expires_at, last_used_at
from identity.tokens order by created_at desc, id desc
"""
_ADD: Final = """
insert into identity.tokens (id, user_id, name, digest, scopes, created_at, expires_at)
values (%s, %s, %s, %s, %s, %s, %s)
"""
_SCHEMA: Final = "select to_regclass('identity.users')"
_REMOVE: Final = "delete from identity.tokens where id = %s"


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

    async def find_session(self, session: bytes, *, now: datetime) -> Person | None:
        """Find whose session this is."""
        async with self._database.as_nobody() as connection:
            cursor = await connection.execute(_FIND_SESSION, (session, now))
            row = await cursor.fetchone()
        return Person(id=row[0], email=row[1], role=Role(row[2])) if row else None

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
        async with self._database.as_nobody() as connection:
            cursor = await connection.execute(_FIND_TOKEN, (token, now))
            row = await cursor.fetchone()
        if row is None:
            return None
        person = Person(id=row[0], email=row[1], role=Role(row[2]))
        return TokenHolder(person=person, token_name=row[3], scopes=frozenset(row[4]))

    async def get_profile(self, user_id: UUID) -> Profile:
        """Get the caller's own profile."""
        async with self._database.as_user(user_id) as connection:
            row = await (await connection.execute(_PROFILE)).fetchone()
        if row is None:
            msg = "account: it is gone"
            raise NotSignedInError(msg)
        person = Person(id=user_id, email=row[0], role=Role(row[1]))
        return Profile(person=person, created_at=row[2], last_sign_in_at=row[3])

    async def list_tokens(self, user_id: UUID) -> tuple[ApiToken, ...]:
        """List a person's tokens, newest first."""
        async with self._database.as_user(user_id) as connection:
            rows = await (await connection.execute(_LIST)).fetchall()
        return tuple(
            ApiToken(
                id=row[0],
                name=row[1],
                scopes=tuple(row[2]),
                created_at=row[3],
                expires_at=row[4],
                last_used_at=row[5],
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
