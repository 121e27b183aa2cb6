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
        "identity:read": "see who you are and which tokens you have",
        "knowledge:read": "list, open and search your documents",
        "knowledge:write": "add, retry, cancel and delete your documents",
        "tokens:write": "create and revoke your API tokens",
    }
)
"""Every scope that a tool may ask for, and what it lets a caller do."""


class Role(StrEnum):
    """What a person is on this installation."""

    USER = "user"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is calling, how they proved it, and what that proof allows."""

    user_id: UUID
    email: str
    role: Role
    kind: Literal["session", "token"]
    scopes: frozenset[str]
    name: str
    """The token's name, or the e-mail address of a signed-in person."""

    def allows(self, scope: str) -> bool:
        """Tell whether the proof behind this call covers a scope."""
        return scope in self.scopes
