"""The tools of identity: who am I, and my API tokens."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from hearth_kit.clock import Clock
from hearth_kit.ids import NewId
from pydantic import Field

from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.errors import TokenNotFoundError
from hearth_server.capabilities.identity.model import ApiToken, Me, NewApiToken, ProvisioningStep
from hearth_server.capabilities.identity.ports import CountDocuments, Tokens
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

LONGEST_DAYS = 3650


class IdentityTools:
    """What a person asks about themselves."""

    def __init__(
        self, tokens: Tokens, *, clock: Clock, new_id: NewId, count_documents: CountDocuments
    ) -> None:
        self._tokens = tokens
        self._count_documents = count_documents
        self._clock = clock
        self._new_id = new_id

    @tool(title="Who am I", scope="identity:read", group="identity", effect=Effect.READ)
    async def who_am_i(self, caller: Principal) -> Me:
        """Say who you are here, what you may do, and what is set up for you."""
        profile = await self._tokens.get_profile(caller.user_id)
        tokens = await self._tokens.list_tokens(caller.user_id)
        step = ProvisioningStep(name="profile", state="done", at=profile.created_at)
        return Me(
            user_id=caller.user_id,
            email=caller.email,
            role=caller.role,
            kind=caller.kind,
            name=caller.name,
            scopes=tuple(sorted(caller.scopes)),
            created_at=profile.created_at,
            last_sign_in_at=profile.last_sign_in_at,
            tokens=len(tokens),
            documents=await self._count_documents(caller.user_id),
            provisioning=(step,),
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
    ) -> NewApiToken:
        """Create an API token for a program that acts for you; its secret is shown this once.

        Args:
            name: What the token is for, such as `laptop` or `open-webui`; yours are all different.
            scopes: What it may do, such as `knowledge:read`; none that you do not hold yourself.
            expires_in_days: After how many days it stops working.
        """
        secret = rules.make_token(os.urandom(rules.SECRET_BYTES))
        now = self._clock.now()
        token = ApiToken(
            id=self._new_id(),
            name=rules.check_name(name),
            scopes=rules.check_scopes(scopes, caller.scopes),
            created_at=now,
            expires_at=now + timedelta(days=expires_in_days),
            last_used_at=None,
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
