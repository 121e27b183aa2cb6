"""From what a request presents to a `Principal`: the only way identity comes into being."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from hearth_kit import tokens
from hearth_kit.clock import Clock
from hearth_kit.ids import NewId
from hearth_kit.secret import Secret

from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.cache import PrincipalCache
from hearth_server.capabilities.identity.errors import (
    IdentityInputError,
    NotLinkedError,
    SignInLinkError,
)
from hearth_server.capabilities.identity.model import AccessIdentity, LinkOutcome, Person
from hearth_server.capabilities.identity.ports import (
    AccessProofs,
    Admissions,
    Links,
    SignIns,
    Tokens,
)
from hearth_server.principal import UNLINKABLE, Principal, scopes_of

HINT: Final = "hearth-server sign-in-link"
SERVICE_PREFIX: Final = "service:"
"""Begins the address of a service's account; no person's address can, as it has no `@`."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSignIn:
    """How those are let in whom Cloudflare Access has proved."""

    proofs: AccessProofs
    admissions: Admissions
    new_id: NewId
    admins: frozenset[str]
    """Addresses that are administrators."""
    service_scopes: frozenset[str]
    """What a service may do that shows its own service token."""


class Authenticator:
    """Checks links, sessions, tokens and assertions against the store.

    `on_person` is told of each person who was looked up, so that things can be set up for them;
    it returns at once.
    """

    def __init__(
        self,
        signins: SignIns,
        tokens: Tokens,
        links: Links,
        *,
        clock: Clock,
        session_lifetime: timedelta,
        cache: PrincipalCache,
        access: AccessSignIn | None = None,
        on_person: Callable[[Person], None] = lambda _: None,
    ) -> None:
        self._signins = signins
        self._tokens = tokens
        self._links = links
        self._clock = clock
        self._lifetime = session_lifetime
        self._cache = cache
        self._access = access
        self._on_person = on_person

    @property
    def knows_access(self) -> bool:
        """Whether assertions of Cloudflare Access are looked at."""
        return self._access is not None

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
        if current:
            self._cache.forget_proof(("session", rules.digest(current)))
        return NewSession(secret=secret, lifetime=self._lifetime)

    async def sign_out(self, session: str) -> None:
        """End a session; harmless when it has ended."""
        digest = rules.digest(session)
        await self._signins.end_session(digest)
        self._cache.forget_proof(("session", digest))

    async def find_by_session(self, session: str) -> Principal | None:
        """Find who holds a session; they may do all that a person may."""
        key = ("session", rules.digest(session))
        if known := self._cache.find(key):
            return known
        if not rules.is_secret(session):
            return None
        since = self._cache.mark()
        holder = await self._signins.find_session(key[1], now=self._clock.now())
        if holder is None:
            return None
        self._on_person(holder.person)
        found = _person_principal(holder.person, "session")
        self._cache.keep(key, found, expires_at=holder.expires_at, since=since)
        return found

    async def find_by_token(self, token: str) -> Principal | None:
        """Find who holds a token; they may do what the token's scopes say."""
        key = ("token", rules.digest(token))
        if known := self._cache.find(key):
            return known
        if not tokens.is_token(token):
            return None
        since = self._cache.mark()
        holder = await self._tokens.find_holder(key[1], now=self._clock.now())
        if holder is None:
            return None
        self._on_person(holder.person)
        found = Principal(
            user_id=holder.person.id,
            email=holder.person.email,
            role=holder.person.role,
            kind="token",
            scopes=holder.scopes & scopes_of(holder.person.role),
            name=holder.token_name,
            tier=holder.person.tier,
            token_id=holder.token_id,
            groups=holder.groups,
            enabled_tools=holder.enabled_tools,
        )
        self._cache.keep(key, found, expires_at=holder.expires_at, since=since)
        return found

    async def find_by_access(self, assertion: str) -> Principal | None:
        """Find whom an assertion of Cloudflare Access names; their account is made when missing.

        Raises:
            AccessKeysError: there is no key to check it with.
        """
        if self._access is None:
            return None
        key = ("access", rules.digest(assertion))
        if known := self._cache.find(key):
            return known
        since = self._cache.mark()
        identity = await self._access.proofs.verify(assertion)
        if identity is None:
            return None
        found = await self._admit(self._access, identity)
        if found is not None:
            self._cache.keep(key, found, expires_at=identity.expires_at, since=since)
        return found

    async def act_for(self, service: Principal, link: str) -> Principal:
        """Give the principal with which a service acts for the person of one of its links.

        Raises:
            NotLinkedError: the link is none of this service's own.
        """
        link_id = _find_uuid(link)
        refused = NotLinkedError("link: nobody let this service act for them by it", hint="/me")
        if link_id is None:
            raise refused
        key = ("link", link_id.bytes + service.user_id.bytes + _bytes_of(service.token_id))
        if known := self._cache.find(key):
            return known
        since = self._cache.mark()
        now = self._clock.now()
        found = await self._links.find_represented(
            link_id, service_id=service.user_id, token_id=service.token_id, now=now
        )
        if found is None:
            raise refused
        self._on_person(found.person)
        acting = replace(
            service,
            user_id=found.person.id,
            email=found.person.email,
            role=found.person.role,
            tier=found.person.tier,
            kind="link",
            scopes=found.scopes - UNLINKABLE,
            name=found.service,
            link_id=link_id,
            actor_id=service.user_id,
        )
        self._cache.keep(key, acting, expires_at=now + timedelta(days=1), since=since)
        return acting

    async def _admit(self, access: AccessSignIn, identity: AccessIdentity) -> Principal | None:
        email = _find_address(identity)
        if email is None:
            return None
        person = await access.admissions.admit(
            email,
            is_service=bool(identity.service),
            is_admin=email in access.admins,
            new_id=access.new_id(),
            now=self._clock.now(),
        )
        if not identity.service:
            self._on_person(person)
            return _person_principal(person, "access")
        named = _person_principal(person, "service")
        return replace(named, scopes=access.service_scopes, name=identity.service)


def _person_principal(person: Person, kind: Literal["session", "access", "service"]) -> Principal:
    return Principal(
        user_id=person.id,
        email=person.email,
        role=person.role,
        kind=kind,
        scopes=scopes_of(person.role),
        name=person.email,
        tier=person.tier,
        enabled_tools=person.enabled_tools,
    )


def _find_address(identity: AccessIdentity) -> str | None:
    """Give the address of somebody's account; None for one that could be taken for another's."""
    try:
        if identity.service:
            name = rules.check_name(identity.service).lower()
            return None if "@" in name else f"{SERVICE_PREFIX}{name}"
        email = rules.check_email(identity.email)
    except IdentityInputError:
        return None
    return None if email.startswith(SERVICE_PREFIX) else email


def _find_uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) <= 40 else None
    except ValueError:
        return None


def _bytes_of(token_id: UUID | None) -> bytes:
    return token_id.bytes if token_id else bytes(16)
