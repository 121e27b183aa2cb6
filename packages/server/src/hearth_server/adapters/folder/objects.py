"""The port `Objects` over obstore's local store.

The store keeps whole objects only: a stream goes to a temporary name first and is renamed when it
has ended, so a crash leaves no half object under its key.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore

from hearth_server.capabilities.knowledge.errors import ObjectsDownError

_PART: Final = 1024 * 1024
_STAGING: Final = "incoming"
HINT: Final = "hearth doctor"


class StoredObjects:
    """Objects in any store that obstore speaks; `where` is how a person knows it."""

    def __init__(self, store: ObjectStore, where: str) -> None:
        self._store = store
        self._where = where

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a whole stream, or nothing."""
        staged = f"{_STAGING}/{key.replace('/', '_')}"
        try:
            async with obstore.open_writer_async(self._store, staged, buffer_size=_PART) as writer:
                async for chunk in chunks:
                    await writer.write(chunk)
            await obstore.rename_async(self._store, staged, key)
        except BaseException as error:
            with suppress(BaseError, OSError):
                await asyncio.shield(obstore.delete_async(self._store, staged))
            if isinstance(error, (BaseError, OSError)):
                msg = f"objects: `{self._where}` cannot be written"
                raise ObjectsDownError(msg, hint=HINT) from error
            raise

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Give an object's bytes."""
        try:
            result = await obstore.get_async(self._store, key)
            async for chunk in result.stream(min_chunk_size=_PART):
                yield bytes(chunk)
        except (BaseError, OSError) as error:
            msg = f"objects: an original cannot be read from `{self._where}`"
            raise ObjectsDownError(msg, hint=HINT) from error

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        try:
            await obstore.delete_async(self._store, key)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            msg = f"objects: an original cannot be removed from `{self._where}`"
            raise ObjectsDownError(msg, hint=HINT) from error

    async def list_keys(self, prefix: str) -> list[str]:
        """Give the keys below a prefix, sorted."""
        try:
            listed = await obstore.list(self._store, prefix.rstrip("/")).collect_async()
        except (BaseError, OSError) as error:
            msg = f"objects: `{self._where}` cannot be listed"
            raise ObjectsDownError(msg, hint=HINT) from error
        return sorted(entry["path"] for entry in listed)


def open_folder(data_dir: Path) -> StoredObjects:
    """Open `objects/` below the data folder, making it where it is missing.

    Raises:
        ObjectsDownError: the folder cannot be made.
    """
    folder = data_dir / "objects"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        msg = f"objects: the folder `{folder}` cannot be made"
        raise ObjectsDownError(msg, hint=HINT) from error
    return StoredObjects(LocalStore(folder), str(folder))
