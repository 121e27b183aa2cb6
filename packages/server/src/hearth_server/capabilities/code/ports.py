"""What code needs from the outside. Every method sees the named owner's repositories alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from hearth_server.capabilities.code.model import (
    NewRepository,
    ParsedCode,
    Repository,
    ScriptChecked,
    Symbol,
    Use,
)


class CodeGraph(Protocol):
    """Repositories and what is in them."""

    async def add(self, owner: UUID, new: NewRepository) -> Repository:
        """Store a repository and queue its indexing; one of that name is taken in anew.

        What was there stays findable until the new one is ready.
        """
        ...

    async def list_all(self, owner: UUID) -> tuple[Repository, ...]:
        """Give every repository by name."""
        ...

    async def get(self, owner: UUID, name: str) -> Repository:
        """Give one repository.

        Raises:
            RepositoryNotFoundError: none of that name.
        """
        ...

    async def delete(self, owner: UUID, name: str) -> Repository:
        """Delete a repository with its archive. Raises as `get` does."""
        ...

    async def find(
        self, owner: UUID, repository: UUID, *, text: str, kind: str | None, limit: int
    ) -> tuple[Symbol, ...]:
        """Give symbols whose name has a text in it: the same name first, then its ends."""
        ...

    async def members(
        self, owner: UUID, repository: UUID, name: str, *, limit: int
    ) -> tuple[Symbol, ...]:
        """Give what stands directly below a name or a name's end, in the order of lines."""
        ...

    async def subclasses(
        self, owner: UUID, repository: UUID, name: str, *, limit: int
    ) -> tuple[Symbol, ...]:
        """Give the classes that directly inherit from a name or a name's end."""
        ...

    async def uses(
        self, owner: UUID, repository: UUID, *, kind: str, source: str, target: str, limit: int
    ) -> tuple[Use, ...]:
        """Give who uses what; an empty `source` or `target` is any, a short name is any's end."""
        ...

    async def all_symbols(self, owner: UUID, repository: UUID) -> tuple[Symbol, ...]:
        """Give every symbol."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRun:
    """One worker's hold on the indexing of one repository; a later run makes it stale."""

    owner: UUID
    repository_id: UUID
    number: int
    attempt: int
    """Starts since it was queued, from 1 on."""
    name: str
    object_key: str


class IndexRuns(Protocol):
    """What a worker writes while it indexes a repository."""

    async def start(self, owner: UUID, repository_id: UUID) -> IndexRun | None:
        """Take an indexing over; None where there is nothing to do any more."""
        ...

    async def finish(self, run: IndexRun, code: ParsedCode) -> None:
        """Replace what was stored, atomically, and make it ready.

        Raises:
            StaleIndexError: another run has taken it over, or it is gone.
        """
        ...

    async def fail(self, run: IndexRun, reason: str, *, again: bool) -> None:
        """Record why it failed; `again` keeps it queued. Stale runs pass."""
        ...


class CodeReader(Protocol):
    """Reads code in a place where hostile code can do no harm; nothing of it is run."""

    async def read(self, archive: Path, name: str) -> ParsedCode:
        """Parse the files of an archive.

        Raises:
            BadArchiveError: it is broken, too large, or leads outside itself.
        """
        ...

    async def check(self, repository: str, script: str, symbols: Sequence[Symbol]) -> ScriptChecked:
        """Hold a script against the symbols of a repository.

        Raises:
            BadArchiveError: the script cannot be taken.
        """
        ...


class Archives(Protocol):
    """Where archives are kept while they are needed."""

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a whole stream, or nothing."""
        ...

    def read(self, key: str) -> AsyncIterator[bytes]:
        """Give an archive's bytes."""
        ...

    async def delete(self, key: str) -> None:
        """Remove an archive; one that is not there is no error."""
        ...


class Download(Protocol):
    """An archive of the open internet while it comes in."""

    @property
    def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes."""
        ...


class Downloads(Protocol):
    """Asks the open internet, and nothing else: neither this machine nor its networks."""

    def open(self, address: str) -> AbstractAsyncContextManager[Download]:
        """Ask for a file.

        Raises:
            HearthError: it may not be asked, refuses, or does not answer.
        """
        ...
