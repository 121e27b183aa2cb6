"""What identity needs of a store. Secrets come in as digests; the store never sees them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hearth_server.capabilities.identity.model import (
    AccessIdentity,
    AccountEvent,
    ApiToken,
    Grant,
    Limits,
    Link,
    LinkOutcome,
    Person,
    Profile,
    ProvisioningState,
    Redeemed,
    RedeemOutcome,
    Represented,
    SessionHolder,
    TokenHolder,
)

KnownGroups = Callable[[], Collection[str]]
"""Gives the groups that this server's tools stand in."""

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

    async def find_session(self, session: bytes, *, now: datetime) -> SessionHolder | None:
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

    async def enable_tools(
        self, user_id: UUID, token_id: UUID | None, names: Collection[str], *, most: int
    ) -> None:
        """Put tools on the list of one token, or else of the person; the latest `most` stay."""
        ...


class Admissions(Protocol):
    """Accounts of those whom another has proved."""

    async def admit(
        self, email: str, *, is_service: bool, is_admin: bool, new_id: UUID, now: datetime
    ) -> Person:
        """Find the account of an address, or make it; of many calls at once one makes it.

        `is_admin` makes an administrator of them, and its absence takes nothing away.
        """
        ...


class AccessProofs(Protocol):
    """What Cloudflare Access asserts."""

    async def verify(self, assertion: str) -> AccessIdentity | None:
        """Find whom an assertion names; None when it does not hold, whatever the reason.

        Raises:
            AccessKeysError: there is no key to check it with, as none could be fetched.
        """
        ...


class Links(Protocol):
    """Which services may act for whom, and what they did."""

    async def add_code(
        self, user_id: UUID, code: bytes, *, scopes: Sequence[str], now: datetime, until: datetime
    ) -> None:
        """Keep a new code."""
        ...

    async def redeem(
        self,
        service_id: UUID,
        token_id: UUID | None,
        code: bytes,
        *,
        name: str,
        new_id: UUID,
        now: datetime,
    ) -> tuple[RedeemOutcome, Redeemed | None]:
        """Use up a code and make its link, or renew the one that this service has of the person.

        Of two calls with one code exactly one gets `LINKED`.
        """
        ...

    async def find_represented(
        self, link_id: UUID, *, service_id: UUID, token_id: UUID | None, now: datetime
    ) -> Represented | None:
        """Find for whom a service acts; None when the link is none of this service's own."""
        ...

    async def list_links(self, user_id: UUID) -> tuple[Link, ...]:
        """List who may act for a person, newest first."""
        ...

    async def remove_link(self, user_id: UUID, link_id: UUID, *, now: datetime) -> bool:
        """End a link and note it; False when the person has none with that id."""
        ...

    async def note(
        self,
        user_id: UUID,
        event: str,
        *,
        by: str,
        link_id: UUID | None,
        detail: str,
        now: datetime,
    ) -> None:
        """Keep a line about an account."""
        ...

    async def list_events(self, user_id: UUID, *, limit: int) -> tuple[AccountEvent, ...]:
        """List what was noted about an account and who looked at it, newest first."""
        ...


class Meters(Protocol):
    """Counts of requests that every process shares."""

    async def take(
        self, subjects: Sequence[tuple[UUID, Limits]], *, wanted: int, now: datetime
    ) -> Grant:
        """Take up to `wanted` requests for all subjects together, or none; atomic."""
        ...


class ProvisioningRecords(Protocol):
    """How far each step is for each person."""

    async def list_states(self, user_id: UUID) -> tuple[ProvisioningState, ...]:
        """List the steps that were begun, by name."""
        ...

    async def claim(
        self, user_id: UUID, step: str, *, now: datetime, until: datetime
    ) -> int | None:
        """Begin a step and give how many times it was begun; nobody else may until `until`.

        None when it is done, not due yet, or another process is at it.
        """
        ...

    async def finish(self, user_id: UUID, state: ProvisioningState) -> None:
        """Record how a step ended: `done`, or `failed` with its reason and `retry_at`."""
        ...


class ProvisioningStep(Protocol):
    """Something that is set up for a person in one store."""

    @property
    def name(self) -> str:
        """One lower-case word; a key that is kept for ever."""
        ...

    async def provision(self, person: Person) -> str:
        """Set it up, or find that it is; running it again changes nothing.

        Gives what the other side calls it, or an empty text.

        Raises:
            HearthError: it could not; its message is shown to the person.
        """
        ...
