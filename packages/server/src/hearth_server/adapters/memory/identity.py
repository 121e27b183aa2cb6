"""Identity in memory: what tests run on, with the same promises as the database's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from hearth_server.capabilities.identity.errors import NotSignedInError, TokenNameTakenError
from hearth_server.capabilities.identity.model import (
    ApiToken,
    LinkOutcome,
    Person,
    Profile,
    SessionHolder,
    TokenHolder,
)
from hearth_server.principal import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    person: Person
    expires_at: datetime
    is_used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    owner: UUID
    token: ApiToken
    digest: bytes
    enabled: tuple[str, ...] = ()


@dataclass(slots=True)
class MemoryIdentity:
    """The ports `SignIns`, `Tokens` and `Admissions`.

    `add_person` and `add_link` stand for the command line.
    """

    profiles: dict[UUID, Profile] = field(default_factory=dict)
    links: dict[bytes, _Link] = field(default_factory=dict)
    sessions: dict[bytes, tuple[Person, datetime]] = field(default_factory=dict)
    tokens: dict[UUID, _Kept] = field(default_factory=dict)
    services: set[UUID] = field(default_factory=set)

    def add_person(self, person: Person, *, now: datetime) -> None:
        """Make an account."""
        self.profiles[person.id] = Profile(person=person, created_at=now, last_sign_in_at=None)

    def add_link(self, person: Person, *, digest: bytes, until: datetime) -> None:
        """Make a sign-in link."""
        self.links[digest] = _Link(person=person, expires_at=until)

    def keep_token(self, user_id: UUID, token: ApiToken, *, digest: bytes) -> None:
        """Keep a token whatever its name."""
        self.tokens[token.id] = _Kept(owner=user_id, token=token, digest=digest)

    async def start_session(
        self, *, link: bytes, session: bytes, replaces: bytes | None, now: datetime, until: datetime
    ) -> LinkOutcome:
        """Use up a link and begin a session, both or neither."""
        found = self.links.get(link)
        if found is None:
            return LinkOutcome.UNKNOWN
        if found.is_used:
            return LinkOutcome.USED
        if found.expires_at <= now:
            return LinkOutcome.EXPIRED
        self.links[link] = replace(found, is_used=True)
        if replaces is not None:
            self.sessions.pop(replaces, None)
        self.sessions[session] = (found.person, until)
        profile = self.profiles[found.person.id]
        self.profiles[found.person.id] = replace(profile, last_sign_in_at=now)
        return LinkOutcome.SIGNED_IN

    async def find_session(self, session: bytes, *, now: datetime) -> SessionHolder | None:
        """Find whose session this is."""
        found = self.sessions.get(session)
        if found is None or found[1] <= now:
            return None
        return SessionHolder(person=self.profiles[found[0].id].person, expires_at=found[1])

    async def end_session(self, session: bytes) -> None:
        """Forget a session."""
        self.sessions.pop(session, None)

    async def find_holder(self, token: bytes, *, now: datetime) -> TokenHolder | None:
        """Find whose token this is."""
        for kept in self.tokens.values():
            if kept.digest == token and kept.token.expires_at > now:
                used = replace(kept.token, last_used_at=now)
                self.tokens[kept.token.id] = replace(kept, token=used)
                return TokenHolder(
                    person=replace(self.profiles[kept.owner].person, enabled_tools=frozenset()),
                    token_id=kept.token.id,
                    token_name=kept.token.name,
                    scopes=frozenset(kept.token.scopes),
                    groups=None if kept.token.groups is None else frozenset(kept.token.groups),
                    enabled_tools=frozenset(kept.enabled),
                    expires_at=kept.token.expires_at,
                )
        return None

    async def get_profile(self, user_id: UUID) -> Profile:
        """Get the caller's own profile."""
        if user_id not in self.profiles:
            msg = "account: it is gone"
            raise NotSignedInError(msg)
        return self.profiles[user_id]

    async def list_tokens(self, user_id: UUID) -> tuple[ApiToken, ...]:
        """List a person's tokens, newest first."""
        own = [kept.token for kept in self.tokens.values() if kept.owner == user_id]
        return tuple(sorted(own, key=lambda each: (each.created_at, each.id), reverse=True))

    async def add_token(self, user_id: UUID, token: ApiToken, *, digest: bytes) -> None:
        """Keep a new token."""
        names = {each.name.lower() for each in await self.list_tokens(user_id)}
        if token.name.lower() in names:
            msg = f"token `{token.name}`: you have one of that name"
            raise TokenNameTakenError(msg)
        self.keep_token(user_id, token, digest=digest)

    async def remove_token(self, user_id: UUID, token_id: UUID) -> bool:
        """Forget a token; False when the person has none with that id."""
        kept = self.tokens.get(token_id)
        if kept is None or kept.owner != user_id:
            return False
        del self.tokens[token_id]
        return True

    async def enable_tools(
        self, user_id: UUID, token_id: UUID | None, names: Collection[str], *, most: int
    ) -> None:
        """Put tools on the list of one token, or else of the person; the latest `most` stay."""
        kept = self.tokens.get(token_id) if token_id else None
        if kept is not None and kept.owner == user_id:
            rest = [each for each in kept.enabled if each not in names]
            enabled = (*rest, *sorted(names))[-most:]
            self.tokens[kept.token.id] = replace(kept, enabled=enabled)
        elif token_id is None and user_id in self.profiles:
            profile = self.profiles[user_id]
            enabled = (*sorted(profile.person.enabled_tools - set(names)), *sorted(names))[-most:]
            person = replace(profile.person, enabled_tools=frozenset(enabled))
            self.profiles[user_id] = replace(profile, person=person)

    async def admit(
        self, email: str, *, is_service: bool, is_admin: bool, new_id: UUID, now: datetime
    ) -> Person:
        """Find the account of an address, or make it."""
        found = next((each for each in self.profiles.values() if each.person.email == email), None)
        person = found.person if found else Person(id=new_id, email=email, role=Role.USER)
        if is_admin:
            person = replace(person, role=Role.ADMIN)
        made = found or Profile(person=person, created_at=now, last_sign_in_at=now)
        self.profiles[person.id] = replace(made, person=person)
        if is_service:
            self.services.add(person.id)
        return person
