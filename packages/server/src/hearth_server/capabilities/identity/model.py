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


class RedeemOutcome(StrEnum):
    """What became of a code that a service presented."""

    LINKED = "linked"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an account; a service's has `service:` and its name for an address."""

    id: UUID
    email: str
    role: Role
    tier: str = "free"
    enabled_tools: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionHolder:
    """A person as their session lets them act, and until when."""

    person: Person
    expires_at: datetime


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
    token_id: UUID
    token_name: str
    scopes: frozenset[str]
    groups: frozenset[str] | None
    enabled_tools: frozenset[str]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """An API token, without its secret."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    groups: tuple[str, ...] | None = None
    """The groups of tools that it is held to; null for every group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiToken:
    """A token that was just made. `secret` is shown here and never again."""

    secret: str
    token: ApiToken


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessIdentity:
    """Whom an assertion of Cloudflare Access names: a person by e-mail, or a service by name."""

    email: str
    """Empty for a service."""
    service: str
    """The service token's `common_name`; empty for a person."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLinkCode:
    """A code that was just made. `code` is shown here and never again."""

    code: str
    scopes: tuple[str, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """That a service may act for a person."""

    id: UUID
    service: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """A link as the service learns of it: send `id` as the header `X-Hearth-Link`."""

    id: UUID
    email: str
    scopes: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Represented:
    """A person as a link lets a service act for them."""

    person: Person
    service: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """What a service did in a person's name, what changed who may, and who looked at them."""

    at: datetime
    event: str
    """`linked`, `unlinked`, `called` for a call of a tool, `looked` for a look of an administrator
    at them or at everybody, `role` when they were made one or no longer are."""
    by: str
    detail: str
    link_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningState:
    """One thing that is set up for a person, and how far it is."""

    name: str
    state: str
    """`done`, `pending` or `failed`."""
    at: datetime | None
    attempts: int = 0
    reason: str = ""
    """Why it failed; empty otherwise."""
    retry_at: datetime | None = None
    detail: str = ""
    """What the other side calls it, such as its id there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one person or token may ask; 0 means no such limit."""

    per_minute: int
    burst: int
    per_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """How many requests were granted, and if none, why and for how long."""

    granted: int
    refused_by: int
    """Which of the subjects is at its limit, counted from 1; 0 for none."""
    reason: str
    """`rate`, `quota`, or empty."""
    wait_seconds: float
    remaining: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who is calling, and what is set up for them."""

    user_id: UUID
    email: str
    role: Role
    tier: str
    kind: str
    """`session` for a signed-in browser, `token` for an API token, `access` or `service` for
    whom Cloudflare Access proved, `link` for a service that acts for you."""
    name: str
    scopes: tuple[str, ...]
    groups: tuple[str, ...] | None
    """The groups of tools that this token is held to; null for every group."""
    created_at: datetime
    last_sign_in_at: datetime | None
    tokens: int
    links: int
    documents: int
    limits: Limits
    provisioning: tuple[ProvisioningState, ...]
