"""Links in memory, with the same promises as the database's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from hearth_server.adapters.memory.identity import MemoryIdentity
from hearth_server.capabilities.identity.model import (
    AccountEvent,
    Link,
    Redeemed,
    RedeemOutcome,
    Represented,
)

Service = tuple[UUID, UUID | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    user_id: UUID
    scopes: tuple[str, ...]
    until: datetime
    is_used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    user_id: UUID
    service: Service
    link: Link


@dataclass(slots=True)
class MemoryLinks:
    """The port `Links`."""

    identity: MemoryIdentity
    codes: dict[bytes, _Code] = field(default_factory=dict)
    kept: dict[UUID, _Kept] = field(default_factory=dict)
    events: list[tuple[UUID, AccountEvent]] = field(default_factory=list)

    async def add_code(
        self, user_id: UUID, code: bytes, *, scopes: Sequence[str], now: datetime, until: datetime
    ) -> None:
        """Keep a new code."""
        del now
        self.codes[code] = _Code(user_id=user_id, scopes=tuple(scopes), until=until)

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
        """Use up a code and make its link, or renew the one that this service has of the person."""
        found = self.codes.get(code)
        if found is None:
            return RedeemOutcome.UNKNOWN, None
        if found.is_used:
            return RedeemOutcome.USED, None
        if found.until <= now:
            return RedeemOutcome.EXPIRED, None
        self.codes[code] = replace(found, is_used=True)
        service = (service_id, token_id)
        link_id = next(
            (
                each.link.id
                for each in self.kept.values()
                if (each.user_id, each.service) == (found.user_id, service)
            ),
            new_id,
        )
        link = Link(
            id=link_id, service=name, scopes=found.scopes, created_at=now, last_used_at=None
        )
        self.kept[link_id] = _Kept(user_id=found.user_id, service=service, link=link)
        await self.note(
            found.user_id,
            "linked",
            by=name,
            link_id=link_id,
            detail=" ".join(found.scopes),
            now=now,
        )
        email = self.identity.profiles[found.user_id].person.email
        made = Redeemed(id=link_id, email=email, scopes=found.scopes, created_at=now)
        return RedeemOutcome.LINKED, made

    async def find_represented(
        self, link_id: UUID, *, service_id: UUID, token_id: UUID | None, now: datetime
    ) -> Represented | None:
        """Find for whom a service acts."""
        found = self.kept.get(link_id)
        if found is None or found.service != (service_id, token_id):
            return None
        if token_id is not None and token_id not in self.identity.tokens:
            return None
        self.kept[link_id] = replace(found, link=replace(found.link, last_used_at=now))
        person = replace(self.identity.profiles[found.user_id].person, enabled_tools=frozenset())
        return Represented(
            person=person, service=found.link.service, scopes=frozenset(found.link.scopes)
        )

    async def list_links(self, user_id: UUID) -> tuple[Link, ...]:
        """List who may act for a person, newest first."""
        own = [each.link for each in self.kept.values() if each.user_id == user_id]
        return tuple(sorted(own, key=lambda each: (each.created_at, each.id), reverse=True))

    async def remove_link(self, user_id: UUID, link_id: UUID, *, now: datetime) -> bool:
        """End a link and note it."""
        found = self.kept.get(link_id)
        if found is None or found.user_id != user_id:
            return False
        del self.kept[link_id]
        await self.note(
            user_id, "unlinked", by=found.link.service, link_id=link_id, detail="", now=now
        )
        return True

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
        line = AccountEvent(at=now, event=event, by=by, detail=detail, link_id=link_id)
        self.events.append((user_id, line))

    async def list_events(self, user_id: UUID, *, limit: int) -> tuple[AccountEvent, ...]:
        """List what was noted about an account, newest first."""
        own = [line for whose, line in self.events if whose == user_id]
        return tuple(reversed(own))[:limit]
