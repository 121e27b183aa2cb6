"""Put together what administrators look with: a pool of their own, by a role of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from hearth_server.adapters.postgres.oversight import PostgresOversight
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.admin.tools import AdminTools
from hearth_server.settings.model import Settings

MOST_CONNECTIONS: Final = 2
"""Looks are seldom, and wait for each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """The tools of administrators, and the pool behind them."""

    tools: AdminTools
    database: Database | None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open the pool, and close it at the end."""
        if self.database is None:
            yield
            return
        await self.database.open()
        try:
            yield
        finally:
            await self.database.close()


def assemble_admin(settings: Settings) -> Admin:
    """Build what a server needs; opens no connection."""
    if settings.database_admin_url is None:
        return Admin(tools=AdminTools(None), database=None)
    database = Database(
        settings.database_admin_url, max_connections=MOST_CONNECTIONS, name="hearth-admin"
    )
    return Admin(tools=AdminTools(PostgresOversight(database)), database=database)
