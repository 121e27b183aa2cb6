"""How far each person's steps are, in PostgreSQL under row-level security."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.identity.model import ProvisioningState

_LIST: Final = """
select step, state, at, attempts, reason, next_at, detail from identity.provisioning order by step
"""
_CLAIM: Final = """
insert into identity.provisioning as p (user_id, step, state, attempts, at, next_at)
values (%(user)s, %(step)s, 'pending', 1, %(now)s, %(until)s)
on conflict (user_id, step) do update
    set state = 'pending', attempts = p.attempts + 1, at = excluded.at, next_at = excluded.next_at
    where p.state <> 'done' and p.next_at <= %(now)s
returning attempts
"""
_FINISH: Final = """
update identity.provisioning
set state = %s, at = %s, next_at = coalesce(%s, next_at), reason = %s, detail = %s
where step = %s
"""


class PostgresProvisioning:
    """The port `ProvisioningRecords`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_states(self, user_id: UUID) -> tuple[ProvisioningState, ...]:
        """List the steps that were begun, by name."""
        async with self._database.as_user(user_id) as connection:
            rows = await (await connection.execute(_LIST)).fetchall()
        return tuple(
            ProvisioningState(
                name=row[0],
                state=row[1],
                at=row[2],
                attempts=row[3],
                reason=row[4],
                retry_at=None if row[1] == "done" else row[5],
                detail=row[6],
            )
            for row in rows
        )

    async def claim(
        self, user_id: UUID, step: str, *, now: datetime, until: datetime
    ) -> int | None:
        """Begin a step and give how many times it was begun; None when it is not to be begun."""
        values = {"user": user_id, "step": step, "now": now, "until": until}
        async with self._database.as_user(user_id) as connection:
            row = await (await connection.execute(_CLAIM, values)).fetchone()
        return int(row[0]) if row else None

    async def finish(self, user_id: UUID, state: ProvisioningState) -> None:
        """Record how a step ended."""
        values = (state.state, state.at, state.retry_at, state.reason, state.detail, state.name)
        async with self._database.as_user(user_id) as connection:
            await connection.execute(_FINISH, values)
