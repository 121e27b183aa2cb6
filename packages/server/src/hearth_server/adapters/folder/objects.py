"""The port `Objects` over obstore's local store.

The store keeps whole objects only: a stream goes to a temporary name first and is renamed when it
has ended, so a crash leaves no half object under its key.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore

from hearth_server.capabilities.knowledge.errors import ObjectsDownError

_PART: Final = 1024 * 1024
_STAGING: Final = "incoming"
_STALE_SECONDS: Final = 24 * 3600
HINT: Final = "hearth status lambda-server"


class StoredObjects:
    """Objects in any store that obstore speaks; `where` is how a person knows it."""

    def __init__(self, store: ObjectStore, where: str) -> None:
        self._store = store
        self._where = where

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a whole stream, or nothing."""
        staged = f"{_STAGING}/{key.replace('/', '_')}"
        try:
            writer = obstore.open_writer_async(self._store, staged, buffer_size=_PART)
            async for chunk in chunks:
                with self._mapped("written"):
                    await writer.write(chunk)
            with self._mapped("written"):
                await writer.close()
                await obstore.rename_async(self._store, staged, key)
        except BaseException:
            await self._try_delete(staged)
            raise

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Give an object's bytes."""
        with self._mapped("read"):
            result = await obstore.get_async(self._store, key)
            stream = result.stream(min_chunk_size=_PART)
        while True:
            with self._mapped("read"):
                chunk = await anext(stream, None)
            if chunk is None:
                return
            yield bytes(chunk)

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        with self._mapped("changed"), suppress(NotFoundError, FileNotFoundError):
            await obstore.delete_async(self._store, key)

    async def list_keys(self, prefix: str) -> list[str]:
        """Give the keys below a prefix, sorted."""
        with self._mapped("listed"):
            listed = await obstore.list(self._store, prefix.rstrip("/")).collect_async()
        return sorted(entry["path"] for entry in listed)

    @contextmanager
    def _mapped(self, done: str) -> Generator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            msg = f"objects: `{self._where}` cannot be {done}"
            raise ObjectsDownError(msg, hint=HINT) from error

    async def _try_delete(self, staged: str) -> None:
        """Remove the remains of a stream that broke off; what is left of one is never read."""
        with suppress(BaseError, OSError):
            await asyncio.shield(obstore.delete_async(self._store, staged))


def open_folder(data_dir: Path) -> StoredObjects:
    """Open `objects/` below the data folder, making it where it is missing.

    Raises:
        ObjectsDownError: the folder cannot be made.
    """
    folder = data_dir / "objects"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder / _STAGING)
    except OSError as error:
        msg = f"objects: the folder `{folder}` cannot be made"
        raise ObjectsDownError(msg, hint=HINT) from error
    return StoredObjects(LocalStore(folder), str(folder))


def _sweep(staging: Path) -> None:
    """Remove what a killed process left of streams that began a day ago or earlier."""
    oldest = time.time() - _STALE_SECONDS
    for path in staging.glob("*"):
        # A worker and a server may sweep at the same moment.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
