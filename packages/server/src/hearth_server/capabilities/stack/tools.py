"""Which services of the installation are up, for whoever is signed in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from hearth_kit.clock import Clock

from hearth_server.capabilities.stack.model import Listing, ServiceHealth, StackHealth
from hearth_server.capabilities.stack.ports import Prober, Services
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

GROUP: Final = "stack"
READ: Final = "stack:read"
KEPT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    listing: Listing
    health: StackHealth
    until: float


class StackTools:
    """The tool over the list of services; what it found is kept for ten seconds."""

    def __init__(self, services: Services, prober: Prober, *, clock: Clock) -> None:
        self._services = services
        self._prober = prober
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._kept: _Kept | None = None

    @tool(
        title="Show which services are up",
        scope=READ,
        group=GROUP,
        effect=Effect.READ,
        listed=False,
    )
    async def get_stack_health(self, caller: Principal) -> StackHealth:
        """Show for each service of this installation whether it is up, and how fast it answers.

        Use it when something does not work, to see whether a service is down. A service that this
        server has no business with cannot be asked from here, and is `unknown`.
        """
        del caller
        listing = await self._services.read()
        async with self._one_at_a_time:
            kept = self._kept
            if kept is None or kept.listing != listing or self._clock.monotonic() >= kept.until:
                health = await self._ask(listing)
                until = self._clock.monotonic() + KEPT_SECONDS
                self._kept = kept = _Kept(listing=listing, health=health, until=until)
            return kept.health

    async def _ask(self, listing: Listing) -> StackHealth:
        found = await self._prober.probe([each.way for each in listing.services])
        now = self._clock.now()
        return StackHealth(
            services=tuple(
                ServiceHealth(
                    name=each.name,
                    title=each.title,
                    state=one.state,
                    detail=one.detail,
                    milliseconds=one.milliseconds,
                    checked_at=now,
                )
                for each, one in zip(listing.services, found, strict=True)
            ),
            note=listing.note,
        )
