"""People for tests."""

from __future__ import annotations

from uuid import UUID

from hearth_kit.ids import uuid7

from hearth_server.principal import SCOPES, Principal, Role


def make_principal(user_id: UUID | None = None, *, name: str = "ada") -> Principal:
    """Make a signed-in person with every scope."""
    return Principal(
        user_id=user_id or uuid7(),
        email=f"{name}@example.org",
        role=Role.USER,
        kind="session",
        scopes=frozenset(SCOPES),
        name=name,
    )
