"""What every store of identity promises; each adapter's test subclasses the suite."""

# ruff: noqa: S101, D102 - these are tests, shared by the adapters

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

import pytest
from hearth_kit.ids import uuid7

from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.errors import NotSignedInError, TokenNameTakenError
from hearth_server.capabilities.identity.model import ApiToken, LinkOutcome, Person
from hearth_server.capabilities.identity.ports import SignIns, Tokens

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


class Accounts(Protocol):
    """How a test makes people and links in the store."""

    def person(self, email: str) -> Person:
        """Make an account."""
        ...

    def link(self, person: Person, secret: str, *, until: datetime) -> None:
        """Make a sign-in link."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One adapter under test."""

    signins: SignIns
    tokens: Tokens
    accounts: Accounts

    async def start(
        self, link: str, session: str, *, replaces: str | None = None, now: datetime = NOW
    ) -> LinkOutcome:
        """Present a link."""
        return await self.signins.start_session(
            link=rules.digest(link),
            session=rules.digest(session),
            replaces=rules.digest(replaces) if replaces else None,
            now=now,
            until=now + timedelta(days=30),
        )

    async def find(self, session: str, *, now: datetime = NOW) -> Person | None:
        """Present a session."""
        holder = await self.signins.find_session(rules.digest(session), now=now)
        return holder.person if holder else None

    async def add(self, user_id: UUID, name: str = "laptop", key: str = "t") -> ApiToken:
        """Make a token."""
        token = ApiToken(
            id=uuid7(),
            name=name,
            scopes=("identity:read", "knowledge:read"),
            created_at=NOW,
            expires_at=LATER,
            last_used_at=None,
        )
        await self.tokens.add_token(user_id, token, digest=rules.digest(key))
        return token


class IdentityConformance:
    """The suite; a subclass gives the fixture `store`."""

    async def test_link_signs_in(self, store: Store) -> None:
        ada = store.accounts.person("ada@example.com")
        store.accounts.link(ada, "link", until=LATER)
        assert await store.start("link", "session") is LinkOutcome.SIGNED_IN
        assert await store.find("session") == ada
        assert (await store.tokens.get_profile(ada.id)).last_sign_in_at == NOW

    async def test_link_signs_in_once(self, store: Store) -> None:
        ada = store.accounts.person("ada@example.com")
        store.accounts.link(ada, "link", until=LATER)
        outcomes = await asyncio.gather(*(store.start("link", f"s{n}") for n in range(5)))
        assert sorted(outcomes) == sorted([LinkOutcome.SIGNED_IN, *[LinkOutcome.USED] * 4])
        found = [await store.find(f"s{n}") for n in range(5)]
        assert found.count(ada) == 1

    async def test_stale_link_is_told(self, store: Store) -> None:
        store.accounts.link(store.accounts.person("a@example.com"), "link", until=NOW)
        assert await store.start("link", "session") is LinkOutcome.EXPIRED
        assert await store.start("other", "session") is LinkOutcome.UNKNOWN
        assert await store.find("session") is None

    async def test_session_expires(self, store: Store) -> None:
        store.accounts.link(store.accounts.person("a@example.com"), "link", until=LATER)
        await store.start("link", "session")
        assert await store.find("session", now=NOW + timedelta(days=29)) is not None
        assert await store.find("session", now=NOW + timedelta(days=30)) is None

    async def test_session_is_replaced(self, store: Store) -> None:
        ada = store.accounts.person("ada@example.com")
        for link in ("one", "two"):
            store.accounts.link(ada, link, until=LATER)
        await store.start("one", "old")
        await store.start("two", "new", replaces="old")
        assert await store.find("old") is None
        assert await store.find("new") == ada

    async def test_session_ends(self, store: Store) -> None:
        store.accounts.link(store.accounts.person("a@example.com"), "link", until=LATER)
        await store.start("link", "session")
        for _ in range(2):
            await store.signins.end_session(rules.digest("session"))
        assert await store.find("session") is None

    async def test_token_finds_holder(self, store: Store) -> None:
        ada = store.accounts.person("ada@example.com")
        await store.add(ada.id)
        holder = await store.tokens.find_holder(rules.digest("t"), now=NOW)
        assert holder is not None
        assert (holder.person, holder.token_name) == (ada, "laptop")
        assert holder.scopes == {"identity:read", "knowledge:read"}
        assert await store.tokens.find_holder(rules.digest("u"), now=NOW) is None
        assert await store.tokens.find_holder(rules.digest("t"), now=LATER) is None

    async def test_use_is_noted(self, store: Store) -> None:
        ada = store.accounts.person("ada@example.com")
        token = await store.add(ada.id)
        assert await store.tokens.list_tokens(ada.id) == (token,)
        await store.tokens.find_holder(rules.digest("t"), now=NOW)
        assert await store.tokens.list_tokens(ada.id) == (replace(token, last_used_at=NOW),)

    async def test_names_are_ones_own(self, store: Store) -> None:
        ada = store.accounts.person("ada@example.com")
        eve = store.accounts.person("eve@example.com")
        await store.add(ada.id)
        await store.add(eve.id, key="u")
        with pytest.raises(TokenNameTakenError) as caught:
            await store.add(ada.id, name="LAPTOP", key="v")
        assert str(caught.value) == "token `LAPTOP`: you have one of that name"

    async def test_tokens_are_ones_own(self, store: Store) -> None:
        ada = store.accounts.person("ada@example.com")
        eve = store.accounts.person("eve@example.com")
        token = await store.add(ada.id)
        assert await store.tokens.list_tokens(eve.id) == ()
        assert await store.tokens.remove_token(eve.id, token.id) is False
        assert await store.tokens.remove_token(ada.id, token.id) is True
        assert await store.tokens.remove_token(ada.id, token.id) is False
        assert await store.tokens.find_holder(rules.digest("t"), now=NOW) is None

    async def test_missing_profile_is_told(self, store: Store) -> None:
        with pytest.raises(NotSignedInError) as caught:
            await store.tokens.get_profile(uuid4())
        assert str(caught.value) == "account: it is gone"
