"""What an administrator sees, and the entry that each look leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from hearth_server.principal import Role

Kind = Literal["person", "service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """Somebody with an account, and how much they keep and ask."""

    id: UUID
    email: str
    role: Role
    kind: Kind
    tier: str
    created_at: datetime
    last_sign_in_at: datetime | None
    documents: int
    size_bytes: int
    requests_today: int
    """Counted since midnight UTC, where the installation counts at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Some people of many, by address."""

    people: tuple[PersonRow, ...]
    total: int
    limit: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one person keeps and asks, in numbers alone."""

    id: UUID
    email: str
    role: Role
    kind: Kind
    tier: str
    created_at: datetime
    last_sign_in_at: datetime | None
    documents: int
    ready: int
    failed: int
    size_bytes: int
    passages: int
    words: int
    tokens: int
    """API tokens that have not expired."""
    links: int
    """Services that may act for them."""
    requests_today: int
    not_set_up: tuple[str, ...]
    """Steps of provisioning that are not done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document as an administrator sees it in a list: what it is, and how far it has come."""

    id: UUID
    title: str
    source_type: str
    source: str
    media_type: str
    size_bytes: int
    language: str
    tags: tuple[str, ...]
    status: str
    stage: str
    reason: str
    attempts: int
    pages: int
    passages: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRows:
    """Some documents of many of one person, newest first."""

    documents: tuple[DocumentRow, ...]
    total: int
    limit: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageText:
    """One passage of a document."""

    ordinal: int
    page: int | None
    headings: tuple[str, ...]
    text: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentText:
    """A document of a person's, and some of its passages, in their order."""

    document: DocumentRow
    passages: tuple[PassageText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who looked at whom and at what, or gave whom which role. It stays as it was written."""

    id: int
    at: datetime
    by: str
    """Their address; `the console` for whoever runs `hearth-server role`."""
    about: UUID | None
    """Null: everybody here."""
    about_email: str
    action: str
    """The tool that looked, or `set_role`."""
    detail: str
