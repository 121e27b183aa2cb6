"""From what a request presents to a `Principal`: the only way identity comes into being."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hearth_kit.clock import Clock
from hearth_kit.secret import Secret

from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.errors import SignInLinkError
from hearth_server.capabilities.identity.model import LinkOutcome
from hearth_server.capabilities.identity.ports import SignIns, Tokens
from hearth_server.principal import SCOPES, Principal

HINT: Final = "hearth-server sign-in-link"

_REFUSALS: Final = {
    LinkOutcome.USED: "sign-in link: it was used already",
    LinkOutcome.EXPIRED: "sign-in link: it has expired",
    LinkOutcome.UNKNOWN: "sign-in link: no such link was made here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session that has just begun."""

    secret: Secret
    lifetime: timedelta


class Authenticator:
    """Checks links, sessions and tokens against the store."""

    def __init__(
        self, signins: SignIns, tokens: Tokens, *, clock: Clock, session_lifetime: timedelta
    ) -> None:
        self._signins = signins
        self._tokens = tokens
        self._clock = clock
        self._lifetime = session_lifetime

    async def sign_in(self, link: str, *, current: str | None) -> NewSession:
        """Begin a session with a link; the browser's current session, if any, ends.

        Raises:
            SignInLinkError: the link is used, expired or unknown.
        """
        now = self._clock.now()
        secret = rules.make_secret(os.urandom(rules.SECRET_BYTES))
        outcome = LinkOutcome.UNKNOWN
        if rules.is_secret(link):
            outcome = await self._signins.start_session(
                link=rules.digest(link),
                session=rules.digest(secret.reveal()),
                replaces=rules.digest(current) if current else None,
                now=now,
                until=now + self._lifetime,
            )
        if outcome is not LinkOutcome.SIGNED_IN:
            raise SignInLinkError(_REFUSALS[outcome], hint=HINT)
        return NewSession(secret=secret, lifetime=self._lifetime)

    async def sign_out(self, session: str) -> None:
        """End a session; harmless when it has ended."""
        await self._signins.end_session(rules.digest(session))

    async def find_by_session(self, session: str) -> Principal | None:
        """Find who holds a session; they may do all that a person may."""
        if not rules.is_secret(session):
            return None
        person = await self._signins.find_session(rules.digest(session), now=self._clock.now())
        if person is None:
            return None
        return Principal(
            user_id=person.id,
            email=person.email,
            role=person.role,
            kind="session",
            scopes=frozenset(SCOPES),
            name=person.email,
        )

    async def find_by_token(self, token: str) -> Principal | None:
        """Find who holds a token; they may do what the token's scopes say."""
        if not rules.is_token(token):
            return None
        holder = await self._tokens.find_holder(rules.digest(token), now=self._clock.now())
        if holder is None:
            return None
        return Principal(
            user_id=holder.person.id,
            email=holder.person.email,
            role=holder.person.role,
            kind="token",
            scopes=holder.scopes,
            name=holder.token_name,
        )
