"""The port `Objects` over any store that obstore speaks.

Both ways to put show an object only when its stream has ended. A folder has no such thing as an
unfinished object, so a stream goes to a temporary name first and is renamed; a bucket makes the
object when its upload is completed, and takes an unfinished one back.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager, suppress
from datetime import UTC
from typing import Final

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import ObjectStore

from hearth_server.capabilities.knowledge.errors import ObjectsDownError
from hearth_server.capabilities.knowledge.model import StoredObject

STAGING: Final = "incoming"
PART_BYTES: Final = 1024 * 1024
UPLOAD_PART_BYTES: Final = 8 * 1024 * 1024
"""S3 takes parts of 5 MiB or more and ten thousand of them: 80 GiB an object."""

HINT: Final = "hearth status lambda-server"
_DISK_FULL: Final = f"os error {errno.ENOSPC}"
"""As obstore words it: its errors carry no number of their own."""


class StoredObjects:
    """What a folder and a bucket have in common; `where` is how a person knows it."""

    def __init__(self, store: ObjectStore, where: str, *, hint: str = HINT) -> None:
        self._store = store
        self._where = where
        self._hint = hint

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a whole stream, or nothing."""
        staged = f"{STAGING}/{key.replace('/', '_')}"
        held = [obstore.open_writer_async(self._store, staged, buffer_size=PART_BYTES)]
        try:
            async for chunk in chunks:
                with self._mapped("written"):
                    await held[0].write(chunk)
            with self._mapped("written"):
                await held[0].close()
                await obstore.rename_async(self._store, staged, key)
        except BaseException:
            # A writer removes its unfinished file when nothing holds it any more. This frame does,
            # and the error holds the frame until the next collection, which may be far.
            await asyncio.shield(asyncio.to_thread(held.clear))
            await self._try_delete(staged)
            raise

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Give an object's bytes."""
        with self._mapped("read"):
            result = await obstore.get_async(self._store, key)
            stream = result.stream(min_chunk_size=PART_BYTES)
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
        return [found.key for found in await self.list_objects(prefix)]

    async def list_objects(self, prefix: str) -> list[StoredObject]:
        """Give what is below a prefix, by key."""
        with self._mapped("listed"):
            listed = await obstore.list(self._store, prefix.rstrip("/")).collect_async()
        found = [
            StoredObject(
                key=entry["path"],
                size_bytes=entry["size"],
                modified_at=entry["last_modified"].astimezone(UTC),
            )
            for entry in listed
        ]
        return sorted(found, key=lambda each: each.key)

    @contextmanager
    def _mapped(self, done: str) -> Generator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            msg = f"objects: `{self._where}` cannot be {done}"
            if _DISK_FULL in str(error):
                msg = f"objects: the disk of `{self._where}` is full"
            raise ObjectsDownError(msg, hint=self._hint) from error

    async def _try_delete(self, staged: str) -> None:
        """Remove the remains of a stream that broke off; what is left of one is never read."""
        with suppress(BaseError, OSError):
            await asyncio.shield(obstore.delete_async(self._store, staged))


class BucketObjects(StoredObjects):
    """A store that shows an object when its upload is completed, and not before."""

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a whole stream, or nothing."""
        broken: list[BaseException] = []

        async def watched() -> AsyncIterator[bytes]:
            try:
                async for chunk in chunks:
                    if chunk:
                        yield chunk
            except BaseException as error:
                broken.append(error)
                raise

        try:
            with self._mapped("written"):
                await obstore.put_async(
                    self._store, key, watched(), use_multipart=True, chunk_size=UPLOAD_PART_BYTES
                )
        except Exception:
            # What the caller's stream raised comes back wrapped; they know their own error.
            if broken:
                raise broken[0] from None
            raise
