"""What identity needs of a store. Secrets come in as digests; the store never sees them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hearth_server.capabilities.identity.model import (
    ApiToken,
    LinkOutcome,
    Person,
    Profile,
    TokenHolder,
)

CountDocuments = Callable[[UUID], Awaitable[int]]
"""Tells how many documents a person has; another capability keeps them."""


class SignIns(Protocol):
    """Links and sessions."""

    async def start_session(
        self, *, link: bytes, session: bytes, replaces: bytes | None, now: datetime, until: datetime
    ) -> LinkOutcome:
        """Use up a link and begin a session, both or neither; `replaces` ends an older session.

        Of two calls with one link exactly one gets `SIGNED_IN`.
        """
        ...

    async def find_session(self, session: bytes, *, now: datetime) -> Person | None:
        """Find whose session this is; None when it is unknown, ended or expired."""
        ...

    async def end_session(self, session: bytes) -> None:
        """Forget a session; harmless when there is none."""
        ...


class Tokens(Protocol):
    """API tokens and the profile they hang on."""

    async def find_holder(self, token: bytes, *, now: datetime) -> TokenHolder | None:
        """Find whose token this is; None when it is unknown, revoked or expired."""
        ...

    async def get_profile(self, user_id: UUID) -> Profile:
        """Get the caller's own profile.

        Raises:
            NotSignedInError: the account is gone.
        """
        ...

    async def list_tokens(self, user_id: UUID) -> tuple[ApiToken, ...]:
        """List a person's tokens, newest first."""
        ...

    async def add_token(self, user_id: UUID, token: ApiToken, *, digest: bytes) -> None:
        """Keep a new token.

        Raises:
            TokenNameTakenError: the person has a token of that name, in whatever case.
        """
        ...

    async def remove_token(self, user_id: UUID, token_id: UUID) -> bool:
        """Forget a token; False when the person has none with that id."""
        ...
