"""How a repository comes in, and what a worker does with it: copy, parse, store."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID

from hearth_kit.errors import HearthError, UnavailableError
from hearth_kit.ids import NewId, uuid7

from hearth_server.capabilities.code.errors import BadArchiveError, StaleIndexError
from hearth_server.capabilities.code.model import NewRepository, Repository
from hearth_server.capabilities.code.ports import (
    Archives,
    CodeGraph,
    CodeReader,
    IndexRun,
    IndexRuns,
)
from hearth_server.capabilities.code.rules import archive_key, clean_repository

_LOG: Final = logging.getLogger(__name__)
_ATTEMPTS: Final = 8
"""Workers that may take one over before it counts as the one that kills them."""


class Receiver:
    """The way in for archives: counted, hashed and stored while they come, all or nothing."""

    def __init__(
        self, graph: CodeGraph, archives: Archives, *, limit: int, new_id: NewId = uuid7
    ) -> None:
        self._graph = graph
        self._archives = archives
        self._limit = limit
        self._new_id = new_id

    async def receive(
        self, owner: UUID, chunks: AsyncIterator[bytes], *, name: str, source: str
    ) -> Repository:
        """Take an archive in and queue its indexing; one of that name is taken in anew.

        Raises:
            BadArchiveError: it is empty or too large, or its name cannot be taken.
        """
        name = clean_repository(name)
        repository_id = self._new_id()
        key = archive_key(owner, repository_id)
        digest = hashlib.sha256()
        size = 0

        async def metered() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in chunks:
                size += len(chunk)
                if size > self._limit:
                    msg = f"archive `{source}`: is larger than {self._limit} bytes"
                    raise BadArchiveError(msg, hint="hearth-server settings")
                digest.update(chunk)
                if chunk:
                    yield chunk
            if not size:
                raise BadArchiveError(f"archive `{source}`: is empty")

        await self._archives.put(key, metered())
        new = NewRepository(
            id=repository_id,
            name=name,
            source=source,
            size_bytes=size,
            sha256=digest.hexdigest(),
            object_key=key,
        )
        try:
            return await self._graph.add(owner, new)
        except BaseException:
            await self._try_delete(key)
            raise

    async def _try_delete(self, key: str) -> None:
        """Remove an archive that no repository refers to; one left over harms nobody."""
        try:
            await self._archives.delete(key)
        except HearthError as error:
            _LOG.warning("archive %s could not be removed: %s", key, error)


class Indexer:
    """Carries one repository from its archive to symbols that are found."""

    def __init__(self, runs: IndexRuns, archives: Archives, reader: CodeReader) -> None:
        self._runs = runs
        self._archives = archives
        self._reader = reader

    async def index(self, owner: UUID, repository_id: UUID, *, last_chance: bool = True) -> None:
        """Index a repository; repeating it is harmless.

        Records why it failed where a person sees it. With `last_chance` an outage fails it for
        good; without, it stays queued and the error is raised, so that it is tried again later.

        Raises:
            UnavailableError: a store is down, and another attempt follows.
        """
        run = await self._runs.start(owner, repository_id)
        if run is None:
            return
        if run.attempt > _ATTEMPTS:
            reason = f"gave up after {_ATTEMPTS} attempts that did not come to an end"
            await self._runs.fail(run, reason, again=False)
            return
        try:
            await self._carry(run)
        except StaleIndexError as stopped:
            _LOG.info("%s", stopped)
        except UnavailableError as down:
            await self._runs.fail(run, down.message, again=not last_chance)
            if not last_chance:
                raise
        except HearthError as failed:
            await self._runs.fail(run, failed.message, again=False)
        except Exception:  # noqa: BLE001  whatever it was, the person must learn that it failed
            _LOG.exception("repository %s: failed unexpectedly", repository_id)
            reason = "an error in Hearth itself; the worker's log has it"
            await self._runs.fail(run, reason, again=False)

    async def _carry(self, run: IndexRun) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "archive"
            with await asyncio.to_thread(path.open, "wb") as file:
                async for chunk in self._archives.read(run.object_key):
                    await asyncio.to_thread(file.write, chunk)
            code = await self._reader.read(path, run.name)
        if not code.symbols:
            msg = f"archive `{run.name}`: holds no Python that can be read"
            raise BadArchiveError(msg)
        await self._runs.finish(run, code)
