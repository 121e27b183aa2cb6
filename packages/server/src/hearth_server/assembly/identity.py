"""Put identity together from settings: who is let in, what is set up, how much they ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hearth_kit.clock import Clock
from hearth_kit.ids import uuid7

from hearth_server.adapters.postgres.identity import (
    PostgresAdmissions,
    PostgresSignIns,
    PostgresTokens,
)
from hearth_server.adapters.postgres.identity_news import IdentityNews
from hearth_server.adapters.postgres.links import PostgresLinks
from hearth_server.adapters.postgres.meters import PostgresMeters
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.provisioning import PostgresProvisioning
from hearth_server.capabilities.identity.cache import PrincipalCache
from hearth_server.capabilities.identity.limits import Limiter
from hearth_server.capabilities.identity.model import Limits
from hearth_server.capabilities.identity.ports import (
    CountDocuments,
    KnownGroups,
    Links,
    ProvisioningStep,
    Tokens,
)
from hearth_server.capabilities.identity.provisioning import Provisioner
from hearth_server.capabilities.identity.sign_in import AccessSignIn, Authenticator
from hearth_server.capabilities.identity.tools import IdentityParts, IdentityTools
from hearth_server.principal import Principal
from hearth_server.settings.model import Settings

if TYPE_CHECKING:
    from hearth_server.adapters.cloudflare.access import CloudflareAccess

MOST_ENABLED: Final = 40
"""How many tools an agent may have on its list beside the usual ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What the edge and the registry need of identity."""

    authenticator: Authenticator
    limiter: Limiter
    tokens: Tokens
    links: Links
    cache: PrincipalCache
    provisioner: Provisioner
    news: IdentityNews
    access: CloudflareAccess | None
    clock: Clock

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen for what is taken back, and stop what is under way at the end."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.news.running())
            stack.push_async_callback(self.provisioner.close)
            if self.access is not None:
                stack.push_async_callback(self.access.close)
            yield

    def tools(self, count_documents: CountDocuments, known_groups: KnownGroups) -> IdentityTools:
        """Make the tools of identity."""
        return IdentityTools(
            IdentityParts(
                tokens=self.tokens,
                links=self.links,
                provisioner=self.provisioner,
                limiter=self.limiter,
                cache=self.cache,
                clock=self.clock,
                new_id=uuid7,
                count_documents=count_documents,
                known_groups=known_groups,
            )
        )

    async def enable_tools(self, caller: Principal, names: Collection[str]) -> None:
        """Put tools on the list of whoever calls, be it a service that acts for another."""
        owner = caller.actor_id or caller.user_id
        await self.tokens.enable_tools(owner, caller.token_id, names, most=MOST_ENABLED)
        self.cache.forget(owner)
        self.cache.forget(caller.user_id)

    async def note_linked(self, caller: Principal, what: str) -> None:
        """Keep a line about a call that a service makes for a person."""
        await self.links.note(
            caller.user_id,
            "called",
            by=caller.name,
            link_id=caller.link_id,
            detail=what,
            now=self.clock.now(),
        )


def assemble_identity(
    settings: Settings, database: Database, *, clock: Clock, steps: Sequence[ProvisioningStep]
) -> Identity:
    """Build what a server needs; opens no connection. `steps` are those of the stores in use."""
    tokens = PostgresTokens(database)
    links = PostgresLinks(database)
    cache = PrincipalCache(clock)
    provisioner = Provisioner(
        PostgresProvisioning(database), (*steps, *_immich(settings)), clock=clock
    )
    access = _access(settings, clock)
    authenticator = Authenticator(
        PostgresSignIns(database),
        tokens,
        links,
        clock=clock,
        session_lifetime=settings.session_lifetime,
        cache=cache,
        access=_sign_in(settings, database, access),
        on_person=provisioner.notice,
    )
    return Identity(
        authenticator=authenticator,
        limiter=Limiter(
            PostgresMeters(database),
            clock=clock,
            person=person_limits(settings),
            token=token_limits(settings),
        ),
        tokens=tokens,
        links=links,
        cache=cache,
        provisioner=provisioner,
        news=IdentityNews(database, cache),
        access=access,
        clock=clock,
    )


def person_limits(settings: Settings) -> Limits:
    """Read what one person may ask."""
    return Limits(
        per_minute=settings.rate_limit, burst=settings.rate_burst, per_day=settings.daily_quota
    )


def token_limits(settings: Settings) -> Limits:
    """Read what one token may ask."""
    return Limits(
        per_minute=settings.token_rate_limit,
        burst=settings.token_rate_burst,
        per_day=settings.token_daily_quota,
    )


def _access(settings: Settings, clock: Clock) -> CloudflareAccess | None:
    if not settings.access_team_domain:
        return None
    # Imported where it is used: nobody pays for cryptography who has no Cloudflare Access.
    from hearth_server.adapters.cloudflare.access import CloudflareAccess

    return CloudflareAccess(settings.access_team_domain, settings.access_aud, clock=clock)


def _sign_in(
    settings: Settings, database: Database, access: CloudflareAccess | None
) -> AccessSignIn | None:
    if access is None:
        return None
    return AccessSignIn(
        proofs=access,
        admissions=PostgresAdmissions(database),
        new_id=uuid7,
        admins=frozenset(settings.access_admins),
        service_scopes=frozenset(settings.access_service_scopes),
    )


def _immich(settings: Settings) -> tuple[ProvisioningStep, ...]:
    if not settings.immich_url or settings.immich_api_key is None:
        return ()
    from hearth_server.adapters.immich.accounts import ImmichAccounts

    return (ImmichAccounts(settings.immich_url, settings.immich_api_key),)
