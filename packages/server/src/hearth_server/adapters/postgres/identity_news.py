"""Hear at once of every proof that is taken back, whichever process takes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final
from uuid import UUID

from hearth_kit.errors import UnavailableError

from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.identity.cache import PrincipalCache

RECONNECT_SECONDS: Final = 1.0

_log: Final = logging.getLogger(__name__)


class IdentityNews:
    """Keeps a cache true over one listening connection; without it the cache stays off."""

    def __init__(self, database: Database, cache: PrincipalCache) -> None:
        self._database = database
        self._cache = cache

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen for as long as this is entered."""
        task = asyncio.create_task(self._listen(), name="identity news")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self._cache.turn_off()

    async def _listen(self) -> None:
        while True:
            try:
                async with self._database.listening() as connection:
                    await connection.execute("listen hearth_identity")
                    self._cache.turn_on()
                    async for notice in connection.notifies():
                        self._tell(notice.payload)
            except UnavailableError as error:
                _log.debug("identity news interrupted: %s", error)
            self._cache.turn_off()
            await asyncio.sleep(RECONNECT_SECONDS)

    def _tell(self, payload: str) -> None:
        try:
            self._cache.forget(UUID(payload))
        except ValueError:
            self._cache.forget_all()
