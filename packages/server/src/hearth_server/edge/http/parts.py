"""What the HTTP edge is made from; `main` fills it in."""

from __future__ import annotations

from asyncio import Event
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from hearth_server.capabilities.answers.model import AnswerEvent, Question
from hearth_server.capabilities.code.model import Repository
from hearth_server.capabilities.knowledge.model import Document, DocumentEvent, Passage
from hearth_server.edge.auth.gate import Gate
from hearth_server.principal import Principal
from hearth_server.registry.registry import Registry

Check = Callable[[], Awaitable[None]]
"""Returns when a dependency answers; raises `UnavailableError` when it does not."""

Ask = Callable[[Principal, Question], AsyncGenerator[AnswerEvent, None]]
"""Answers a question out of the caller's documents; the whole answer is the last event."""

ReceiveArchive = Callable[[Principal, str, str, AsyncIterator[bytes]], Awaitable[Repository]]
"""Takes the archive of a repository in, by the file's name and what to call it (may be empty)."""


class DocumentFiles(Protocol):
    """Documents as streams of bytes, which is what no tool can carry."""

    async def receive(
        self, caller: Principal, filename: str, *, content_type: str, chunks: AsyncIterator[bytes]
    ) -> Document:
        """Take a file in; when `chunks` raises, nothing of it is kept.

        Raises:
            TooLargeError: it is larger than a file may be.
        """
        ...

    async def original(
        self, caller: Principal, document_id: UUID
    ) -> tuple[Document, AsyncIterator[bytes]]:
        """Give a document and the bytes that the person put in.

        Raises:
            DocumentNotFoundError: none such, or another's.
        """
        ...

    async def passages(
        self, caller: Principal, document_id: UUID, *, ordinals: range
    ) -> tuple[Passage, ...]:
        """Give those passages of the caller's document that are there, in their order."""
        ...

    def watch(self, caller: Principal) -> AsyncIterator[DocumentEvent]:
        """Give each change of the caller's documents from now on, until closed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that the application hands requests to."""

    gate: Gate
    registry: Registry
    files: DocumentFiles
    ask: Ask
    checks: Mapping[str, Check]
    base_url: str
    upload_limit: int
    """Largest file that is taken in, in bytes."""
    allowed_hosts: tuple[str, ...]
    stopping: Event
    """Set when the server shuts down, so that open streams end by themselves."""
    running: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    """Entered for as long as the application serves."""
    receive_archive: ReceiveArchive | None = None
    """None where no code is taken in."""
    sign_out_url: str = ""
    """Where a person whom Cloudflare Access proved signs out; empty without it."""
