"""The values of sharing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

MOST_PEOPLE: Final = 100
MOST_GROUPS: Final = 20
LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who may read a document beside its owner; nobody when all is empty."""

    people: tuple[str, ...] = ()
    """Addresses in small letters, sorted, each once."""
    groups: tuple[UUID, ...] = ()
    everybody: bool = False
    """Whoever is signed in here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSharing:
    """A document and who may read it."""

    document_id: UUID
    audience: Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderGroup:
    """A group of people that documents are shared with."""

    id: UUID
    name: str
    is_mine: bool
    """Whether the caller made it; nobody else changes it."""
    people: tuple[str, ...]
    """Addresses, the maker's among them; empty for a group that another made."""
