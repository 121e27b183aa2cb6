"""The values of identity. No secret is among them but the one in `NewApiToken`, shown once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hearth_server.principal import Role


class LinkOutcome(StrEnum):
    """What became of a sign-in link that somebody presented."""

    SIGNED_IN = "signed_in"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an account."""

    id: UUID
    email: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person and the history of their account."""

    person: Person
    created_at: datetime
    last_sign_in_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenHolder:
    """A person as one of their tokens lets them act."""

    person: Person
    token_name: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """An API token, without its secret."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiToken:
    """A token that was just made. `secret` is shown here and never again."""

    secret: str
    token: ApiToken


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningStep:
    """One thing that is set up for a person, and how far it is."""

    name: str
    state: str
    """`done`, `pending` or `failed`."""
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who is calling, and what is set up for them."""

    user_id: UUID
    email: str
    role: Role
    kind: str
    """`session` for a signed-in browser, `token` for an API token."""
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_sign_in_at: datetime | None
    tokens: int
    documents: int
    provisioning: tuple[ProvisioningStep, ...]
