"""What answers need from the outside; each has a `memory` adapter."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from hearth_server.capabilities.answers.model import Message, Scope

Wording = Callable[[str], Sequence[str]]
"""Gives the words of a text as they are compared: folded and stemmed, in order. Pure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPassage:
    """A passage as a search gives it."""

    document_id: UUID
    ordinal: int
    title: str
    source_type: str
    source: str
    page: int | None
    headings: tuple[str, ...]
    text: str
    likeness: float | None
    """Cosine of the angle between query and passage; None where nothing was compared."""
    like: float = 0.3
    """Cosine from which it counts as like a query that it shares no word with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPassages:
    """What one query found, best first."""

    passages: tuple[FoundPassage, ...]
    note: str


class Finder(Protocol):
    """Searches one person's documents and no other's."""

    async def find(self, owner: UUID, query: str, scope: Scope, *, limit: int) -> FoundPassages:
        """Give the passages that fit a query best.

        Raises:
            HearthError: whatever the search raises.
        """
        ...


class LanguageModel(Protocol):
    """Writes text. Both methods may be called again after they failed."""

    async def name(self) -> str:
        """Say which model answers; may ask the service once and keeps the answer.

        Raises:
            ModelDownError: it cannot be reached, or serves no model that writes.
        """
        ...

    def write(self, messages: Sequence[Message], *, max_tokens: int) -> AsyncGenerator[str, None]:
        """Give the text as it is written, in pieces; close it to stop the model.

        Raises:
            ModelRefusedError: it refuses; asking again would not help.
            ModelCutError: it broke off after its first piece.
            ModelDownError: it does not answer, or answers nonsense.
        """
        ...
