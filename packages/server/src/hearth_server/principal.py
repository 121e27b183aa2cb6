"""Who calls: the one value that identity comes from.

Made by the edge from authentication alone, handed to every tool as `caller`. No tool takes a user
id, and no header names one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

SCOPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "act-for": "act for people who gave this service a code",
        "admin:read": "look at people, how much they use and their documents; each look is noted",
        "data:read": "look into what the stores keep for you",
        "identity:read": "see who you are and which tokens you have",
        "knowledge:read": "list, open and search your documents, and those shared with you",
        "knowledge:share": "let others read your documents",
        "knowledge:write": "add, retry, cancel and delete your documents",
        "links:write": "let services act for you, and stop them",
        "stack:read": "see which services of this installation are up",
        "tokens:write": "create and revoke your API tokens",
    }
)
"""Every scope that a tool may ask for, and what it lets a caller do."""

EVERYBODY: Final = ""
"""Instead of a scope: whoever has proved who they are."""

UNLINKABLE: Final = frozenset(
    {"act-for", "admin:read", "knowledge:share", "links:write", "tokens:write"}
)
"""What no service may do in a person's name: look at others, or make further ways in."""

ADMIN_SCOPES: Final = frozenset({"admin:read"})
"""What nobody but an administrator may do, whatever they hold."""

ProofKind = Literal["session", "token", "access", "service", "link"]
"""How a caller proved who they are.

`session` a signed-in browser · `token` an API token · `access` a person whom Cloudflare Access
proved · `service` a service that it proved · `link` a service that acts for a person.
"""


class Role(StrEnum):
    """What a person is on this installation."""

    USER = "user"
    ADMIN = "admin"


def scopes_of(role: Role) -> frozenset[str]:
    """Give every scope that somebody of a role can hold."""
    every = frozenset(SCOPES)
    return every if role is Role.ADMIN else every - ADMIN_SCOPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is calling, how they proved it, and what that proof allows."""

    user_id: UUID
    email: str
    role: Role
    kind: ProofKind
    scopes: frozenset[str]
    name: str
    """The token's or service's name, or the e-mail address of a signed-in person."""
    tier: str = "free"
    token_id: UUID | None = None
    """The token that was shown; with a link, the service's own."""
    groups: frozenset[str] | None = None
    """The groups of tools that the token is held to; None for every group."""
    enabled_tools: frozenset[str] = frozenset()
    """What this caller's agent has put on its list beside the usual tools."""
    link_id: UUID | None = None
    actor_id: UUID | None = None
    """The account of the service that acts, when it acts for a person."""

    def allows(self, scope: str) -> bool:
        """Tell whether the proof behind this call covers a scope."""
        if scope in ADMIN_SCOPES and self.role is not Role.ADMIN:
            return False
        return scope == EVERYBODY or scope in self.scopes

    def reaches(self, group: str) -> bool:
        """Tell whether the proof behind this call covers a group of tools."""
        return self.groups is None or group in self.groups
