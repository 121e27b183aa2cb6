"""Who may act for whom, and what they did, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.identity.model import (
    AccountEvent,
    Link,
    Person,
    Redeemed,
    RedeemOutcome,
    Represented,
)
from hearth_server.principal import Role

_ADD_CODE: Final = """
insert into identity.link_codes (digest, user_id, scopes, created_at, expires_at)
values (%s, %s, %s, %s, %s)
"""
_REDEEM: Final = """
select outcome, link_id, email, scopes, created_at
from identity.redeem_code(%s, %s, %s, %s, %s)
"""
_FIND: Final = """
select user_id, email, role, tier, service, scopes from identity.find_link(%s, %s, %s, %s)
"""
_LIST: Final = """
select id, service, scopes, created_at, last_used_at
from identity.links order by created_at desc, id desc
"""
_REMOVE: Final = "delete from identity.links where id = %s returning service"
_NOTE: Final = "select identity.note_event(%s, %s, %s, %s, %s)"
_EVENTS: Final = """
select at, event, by, detail, link_id from (
    select at, event, by, detail, link_id, id from identity.events
    union all
    select at, case action when 'set_role' then 'role' else 'looked' end, by_email,
        case action when 'set_role' then detail else trim(action || ' ' || detail) end, null, id
    from admin.audit
) as every order by at desc, id desc limit %s
"""


class PostgresLinks:
    """The port `Links`, under row-level security but for what a service asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_code(
        self, user_id: UUID, code: bytes, *, scopes: Sequence[str], now: datetime, until: datetime
    ) -> None:
        """Keep a new code."""
        async with self._database.as_user(user_id) as connection:
            await connection.execute(_ADD_CODE, (code, user_id, list(scopes), now, until))

    async def redeem(
        self,
        service_id: UUID,
        token_id: UUID | None,
        code: bytes,
        *,
        name: str,
        new_id: UUID,
        now: datetime,
    ) -> tuple[RedeemOutcome, Redeemed | None]:
        """Use up a code and make its link, or renew the one that this service has of the person."""
        async with self._database.as_user(service_id) as connection:
            cursor = await connection.execute(_REDEEM, (code, new_id, token_id, name, now))
            row = await cursor.fetchone()
        if row is None or row[0] != RedeemOutcome.LINKED:
            return RedeemOutcome(row[0]) if row else RedeemOutcome.UNKNOWN, None
        made = Redeemed(id=row[1], email=row[2], scopes=tuple(row[3]), created_at=row[4])
        return RedeemOutcome.LINKED, made

    async def find_represented(
        self, link_id: UUID, *, service_id: UUID, token_id: UUID | None, now: datetime
    ) -> Represented | None:
        """Find for whom a service acts."""
        row = await self._database.call(_FIND, (link_id, service_id, token_id, now))
        if row is None:
            return None
        person = Person(id=row[0], email=row[1], role=Role(row[2]), tier=row[3])
        return Represented(person=person, service=row[4], scopes=frozenset(row[5]))

    async def list_links(self, user_id: UUID) -> tuple[Link, ...]:
        """List who may act for a person, newest first."""
        async with self._database.as_user(user_id) as connection:
            rows = await (await connection.execute(_LIST)).fetchall()
        return tuple(
            Link(
                id=row[0],
                service=row[1],
                scopes=tuple(row[2]),
                created_at=row[3],
                last_used_at=row[4],
            )
            for row in rows
        )

    async def remove_link(self, user_id: UUID, link_id: UUID, *, now: datetime) -> bool:
        """End a link and note it."""
        async with self._database.as_user(user_id) as connection:
            row = await (await connection.execute(_REMOVE, (link_id,))).fetchone()
            if row is not None:
                await connection.execute(_NOTE, ("unlinked", row[0], link_id, "", now))
        return row is not None

    async def note(
        self,
        user_id: UUID,
        event: str,
        *,
        by: str,
        link_id: UUID | None,
        detail: str,
        now: datetime,
    ) -> None:
        """Keep a line about an account."""
        async with self._database.as_user(user_id) as connection:
            await connection.execute(_NOTE, (event, by, link_id, detail, now))

    async def list_events(self, user_id: UUID, *, limit: int) -> tuple[AccountEvent, ...]:
        """List what was noted about an account, newest first."""
        async with self._database.as_user(user_id) as connection:
            rows = await (await connection.execute(_EVENTS, (limit,))).fetchall()
        return tuple(
            AccountEvent(at=row[0], event=row[1], by=row[2], detail=row[3], link_id=row[4])
            for row in rows
        )
