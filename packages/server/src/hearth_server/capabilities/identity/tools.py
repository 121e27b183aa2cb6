"""The tools of identity: who am I, my API tokens, and which services may act for me."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from hearth_kit import tokens
from hearth_kit.clock import Clock
from hearth_kit.ids import NewId
from pydantic import Field

from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.cache import PrincipalCache
from hearth_server.capabilities.identity.errors import (
    LinkCodeError,
    LinkNotFoundError,
    TokenNotFoundError,
)
from hearth_server.capabilities.identity.limits import Limiter
from hearth_server.capabilities.identity.model import (
    AccountEvent,
    ApiToken,
    Link,
    Me,
    NewApiToken,
    NewLinkCode,
    ProvisioningState,
    Redeemed,
    RedeemOutcome,
)
from hearth_server.capabilities.identity.ports import CountDocuments, KnownGroups, Links, Tokens
from hearth_server.capabilities.identity.provisioning import Provisioner
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

LONGEST_DAYS = 3650
LONGEST_CODE_MINUTES = 60
MOST_EVENTS = 500

_REFUSALS = {
    RedeemOutcome.USED: "code: it was used already",
    RedeemOutcome.EXPIRED: "code: it has expired",
    RedeemOutcome.UNKNOWN: "code: no such code was made here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityParts:
    """What the tools of identity work with."""

    tokens: Tokens
    links: Links
    provisioner: Provisioner
    limiter: Limiter
    cache: PrincipalCache
    clock: Clock
    new_id: NewId
    count_documents: CountDocuments
    known_groups: KnownGroups


class IdentityTools:
    """What a person asks about themselves."""

    def __init__(self, parts: IdentityParts) -> None:
        self._parts = parts
        self._tokens = parts.tokens
        self._links = parts.links
        self._clock = parts.clock

    @tool(title="Who am I", scope="identity:read", group="identity", effect=Effect.READ)
    async def who_am_i(self, caller: Principal) -> Me:
        """Say who you are here, what you may do, and what is set up for you."""
        profile = await self._tokens.get_profile(caller.user_id)
        made = ProvisioningState(name="profile", state="done", at=profile.created_at, attempts=1)
        return Me(
            user_id=caller.user_id,
            email=caller.email,
            role=caller.role,
            tier=caller.tier,
            kind=caller.kind,
            name=caller.name,
            scopes=tuple(sorted(caller.scopes)),
            groups=None if caller.groups is None else tuple(sorted(caller.groups)),
            created_at=profile.created_at,
            last_sign_in_at=profile.last_sign_in_at,
            tokens=len(await self._tokens.list_tokens(caller.user_id)),
            links=len(await self._links.list_links(caller.user_id)),
            documents=await self._parts.count_documents(caller.user_id),
            limits=self._parts.limiter.limits_of(caller),
            provisioning=(made, *await self._parts.provisioner.states(caller.user_id)),
        )

    @tool(
        title="List API tokens",
        scope="identity:read",
        group="identity",
        effect=Effect.READ,
        listed=False,
    )
    async def list_api_tokens(self, caller: Principal) -> tuple[ApiToken, ...]:
        """List your API tokens, newest first, with their scopes, expiry and last use."""
        return await self._tokens.list_tokens(caller.user_id)

    @tool(
        title="Create API token",
        scope="tokens:write",
        group="identity",
        effect=Effect.WRITE,
        listed=False,
    )
    async def create_api_token(
        self,
        caller: Principal,
        *,
        name: str,
        scopes: list[str],
        expires_in_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 90,
        groups: list[str] | None = None,
    ) -> NewApiToken:
        """Create an API token for a program that acts for you; its secret is shown this once.

        Args:
            name: What the token is for, such as `laptop` or `open-webui`; yours are all different.
            scopes: What it may do, such as `knowledge:read`; none that you do not hold yourself.
            expires_in_days: After how many days it stops working.
            groups: Hold it to these groups of tools, such as `knowledge`; to none when left out.
        """
        secret = tokens.make_token(os.urandom(rules.SECRET_BYTES))
        now = self._clock.now()
        token = ApiToken(
            id=self._parts.new_id(),
            name=rules.check_name(name),
            scopes=rules.check_scopes(scopes, caller.scopes),
            created_at=now,
            expires_at=now + timedelta(days=expires_in_days),
            last_used_at=None,
            groups=rules.check_groups(groups, caller.groups, self._parts.known_groups()),
        )
        digest = rules.digest(secret.reveal())
        await self._tokens.add_token(caller.user_id, token, digest=digest)
        return NewApiToken(secret=secret.reveal(), token=token)

    @tool(
        title="Revoke API token",
        scope="tokens:write",
        group="identity",
        effect=Effect.DESTROY,
        listed=False,
    )
    async def revoke_api_token(self, caller: Principal, *, token_id: UUID) -> None:
        """Revoke one of your API tokens; whatever uses it is refused from then on.

        Args:
            token_id: The token's id, as `list_api_tokens` gives it.
        """
        if not await self._tokens.remove_token(caller.user_id, token_id):
            msg = f"token `{token_id}`: you have no such token"
            raise TokenNotFoundError(msg)
        self._parts.cache.forget(caller.user_id)

    @tool(
        title="Create link code",
        scope="links:write",
        group="identity",
        effect=Effect.WRITE,
        listed=False,
    )
    async def create_link_code(
        self,
        caller: Principal,
        *,
        scopes: list[str],
        expires_in_minutes: Annotated[int, Field(ge=1, le=LONGEST_CODE_MINUTES)] = 10,
    ) -> NewLinkCode:
        """Create a code that you give to a service, such as a chat bot, so that it may act for you.

        The code works once and for minutes; it is shown this once.

        Args:
            scopes: What the service may do in your name, such as `knowledge:read`.
            expires_in_minutes: After how many minutes the code stops working.
        """
        code = rules.make_code(os.urandom(rules.CODE_BYTES)).reveal()
        now = self._clock.now()
        allowed = rules.check_linked_scopes(scopes, caller.scopes)
        until = now + timedelta(minutes=expires_in_minutes)
        digest = rules.digest(code)
        await self._links.add_code(caller.user_id, digest, scopes=allowed, now=now, until=until)
        return NewLinkCode(code=code, scopes=allowed, expires_at=until)

    @tool(
        title="Redeem link code",
        scope="act-for",
        group="identity",
        effect=Effect.WRITE,
        listed=False,
    )
    async def redeem_link_code(self, caller: Principal, *, code: str) -> Redeemed:
        """Redeem the code of a person, so that this service may act for them.

        Send the id that you get as the header `X-Hearth-Link` with each request in their name.

        Args:
            code: The code, as the person typed it.
        """
        if caller.kind not in {"token", "service"}:
            msg = "code: only a service redeems one, with a token of its own"
            raise LinkCodeError(msg, hint="/me")
        found = rules.find_code(code)
        outcome, made = RedeemOutcome.UNKNOWN, None
        if found is not None:
            outcome, made = await self._links.redeem(
                caller.user_id,
                caller.token_id,
                rules.digest(found),
                name=caller.name,
                new_id=self._parts.new_id(),
                now=self._clock.now(),
            )
        if made is None:
            raise LinkCodeError(_REFUSALS[outcome], hint="/me")
        return made

    @tool(
        title="List linked services",
        scope="identity:read",
        group="identity",
        effect=Effect.READ,
        listed=False,
    )
    async def list_links(self, caller: Principal) -> tuple[Link, ...]:
        """List the services that may act for you, newest first, with their scopes and last use."""
        return await self._links.list_links(caller.user_id)

    @tool(
        title="Unlink service",
        scope="links:write",
        group="identity",
        effect=Effect.DESTROY,
        listed=False,
    )
    async def revoke_link(self, caller: Principal, *, link_id: UUID) -> None:
        """Stop a service from acting for you; it is refused from then on.

        Args:
            link_id: The link's id, as `list_links` gives it.
        """
        if not await self._links.remove_link(caller.user_id, link_id, now=self._clock.now()):
            msg = f"link `{link_id}`: you have no such link"
            raise LinkNotFoundError(msg)
        self._parts.cache.forget(caller.user_id)

    @tool(
        title="List account events",
        scope="identity:read",
        group="identity",
        effect=Effect.READ,
        listed=False,
    )
    async def list_account_events(
        self, caller: Principal, *, limit: Annotated[int, Field(ge=1, le=MOST_EVENTS)] = 50
    ) -> tuple[AccountEvent, ...]:
        """List what services did in your name, who may, and which administrator looked at you.

        Newest first.

        Args:
            limit: How many at most.
        """
        return await self._links.list_events(caller.user_id, limit=limit)
