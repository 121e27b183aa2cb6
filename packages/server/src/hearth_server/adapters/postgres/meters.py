"""Shared counts of requests: one statement takes for all subjects or for none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from hearth_kit.errors import BugError

from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.identity.model import Grant, Limits

_TAKE: Final = """
select granted, refused_by, reason, wait_seconds, remaining
from identity.take(%s::uuid[], %s::int[], %s::int[], %s::bigint[], %s::int, %s)
"""


class PostgresMeters:
    """The port `Meters`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(
        self, subjects: Sequence[tuple[UUID, Limits]], *, wanted: int, now: datetime
    ) -> Grant:
        """Take up to `wanted` requests for all subjects together, or none."""
        values = (
            [subject for subject, _ in subjects],
            [limits.per_minute for _, limits in subjects],
            [limits.burst for _, limits in subjects],
            [limits.per_day for _, limits in subjects],
            wanted,
            now,
        )
        row = await self._database.call(_TAKE, values)
        if row is None:
            msg = "limits: the database counted nothing"
            raise BugError(msg)
        return Grant(
            granted=row[0], refused_by=row[1], reason=row[2], wait_seconds=row[3], remaining=row[4]
        )
