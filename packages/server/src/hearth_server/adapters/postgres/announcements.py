"""News of documents: one listening connection a process, fanned out to whoever watches."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final
from uuid import UUID

from hearth_kit.errors import UnavailableError

from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.knowledge.errors import DocumentNotFoundError
from hearth_server.capabilities.knowledge.model import DocumentEvent, Filter

_LOG: Final = logging.getLogger(__name__)
_RECONNECT_SECONDS: Final = 1.0
_LATEST: Final = 50
_WAITING: Final = 256
"""News that a slow watcher may have waiting; older ones are dropped, as later ones repeat them."""


class PostgresAnnouncements:
    """The port `Announcements`. Listens only while somebody watches."""

    def __init__(self, database: Database, documents: PostgresDocuments) -> None:
        self._database = database
        self._documents = documents
        self._watchers: dict[UUID, set[asyncio.Queue[UUID]]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    async def watch(self, owner: UUID) -> AsyncIterator[DocumentEvent]:
        """Give each change of the owner's documents from now on."""
        queue: asyncio.Queue[UUID] = asyncio.Queue(_WAITING)
        self._watchers.setdefault(owner, set()).add(queue)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="document news")
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._listening.wait(), 5)
            while True:
                yield await self._event(owner, await queue.get())
        finally:
            await self._leave(owner, queue)

    async def _event(self, owner: UUID, document_id: UUID) -> DocumentEvent:
        try:
            document = await self._documents.get(owner, document_id)
        except DocumentNotFoundError:
            return DocumentEvent(document_id=document_id, document=None)
        return DocumentEvent(document_id=document_id, document=document)

    async def _leave(self, owner: UUID, queue: asyncio.Queue[UUID]) -> None:
        watching = self._watchers.get(owner, set())
        watching.discard(queue)
        if not watching:
            self._watchers.pop(owner, None)
        if not self._watchers and self._listener is not None:
            listener, self._listener = self._listener, None
            self._listening.clear()
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener

    async def _listen(self) -> None:
        was_cut = False
        while True:
            try:
                async with self._database.listening() as connection:
                    await connection.execute("listen hearth_documents")
                    self._listening.set()
                    if was_cut:
                        await self._catch_up()
                    async for notice in connection.notifies():
                        self._tell(notice.payload)
            except UnavailableError as error:
                _LOG.debug("document news interrupted: %s", error)
            self._listening.clear()
            was_cut = True
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _catch_up(self) -> None:
        """Tell each watcher of the latest documents: what happened meanwhile was not heard."""
        for owner in tuple(self._watchers):
            page = await self._documents.list_page(
                owner,
                status=None,
                text=None,
                only=Filter(whose="mine"),
                sort="newest",
                limit=_LATEST,
                offset=0,
            )
            for document in page.documents:
                self._put(owner, document.id)

    def _tell(self, payload: str) -> None:
        news = json.loads(payload)
        self._put(UUID(news["owner"]), UUID(news["id"]))

    def _put(self, owner: UUID, document_id: UUID) -> None:
        for queue in self._watchers.get(owner, ()):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(document_id)
