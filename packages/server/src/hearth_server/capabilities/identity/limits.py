"""How much each person and each token may ask, counted where every process sees it.

Requests are taken from the shared count a few at a time and spent here, so that most requests ask
no database. What was taken and not spent in time is lost: a limit is never exceeded, however many
processes there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hearth_kit.clock import Clock

from hearth_server.capabilities.identity.errors import QuotaExceededError, RateLimitedError
from hearth_server.capabilities.identity.model import Grant, Limits
from hearth_server.capabilities.identity.ports import Meters
from hearth_server.principal import Principal

LEASE_SECONDS: Final = 2.0
LEASE_SHARE: Final = 20
"""Of a burst this part is taken at once, and never more than `LARGEST_LEASE`."""
LARGEST_LEASE: Final = 50
MOST: Final = 10_000

Key = tuple[UUID, UUID | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of a caller's limits after this request."""

    limits: Limits
    """The tightest of those that count for this caller."""
    remaining: int


@dataclass(slots=True, kw_only=True)
class _Lease:
    left: int
    remaining: int
    until: float


class Limiter:
    """Lets requests in or refuses them.

    `person` counts all that one person's proofs ask together, `token` what one token, or one
    service, asks.
    """

    def __init__(self, meters: Meters, *, clock: Clock, person: Limits, token: Limits) -> None:
        self._meters = meters
        self._clock = clock
        self._person = person
        self._token = token
        self._leases: dict[Key, _Lease] = {}

    def limits_of(self, caller: Principal) -> Limits:
        """Give the tightest limits that count for a caller."""
        return _tightest([limits for _, limits in self._subjects(caller)])

    async def admit(self, caller: Principal) -> Allowance:
        """Count one request.

        Raises:
            RateLimitedError: too many came in a short time; `details` say when to come again.
            QuotaExceededError: too many came today; likewise.
        """
        subjects = self._subjects(caller)
        limits = _tightest([limits for _, limits in subjects])
        if not (limits.per_minute or limits.per_day):
            return Allowance(limits=limits, remaining=0)
        key = (caller.user_id, subjects[-1][0])
        lease = self._leases.get(key)
        if lease is None or lease.left < 1 or lease.until <= self._clock.monotonic():
            lease = await self._take(key, caller, subjects, limits)
        lease.left -= 1
        return Allowance(limits=limits, remaining=lease.remaining + lease.left)

    async def _take(
        self, key: Key, caller: Principal, subjects: list[tuple[UUID, Limits]], limits: Limits
    ) -> _Lease:
        burst = limits.burst if limits.per_minute else limits.per_day
        wanted = max(1, min(burst // LEASE_SHARE, LARGEST_LEASE))
        grant = await self._meters.take(subjects, wanted=wanted, now=self._clock.now())
        if grant.granted < 1:
            raise _refusal(grant, caller, subjects)
        lease = _Lease(
            left=grant.granted,
            remaining=grant.remaining,
            until=self._clock.monotonic() + LEASE_SECONDS,
        )
        if len(self._leases) >= MOST:
            del self._leases[next(iter(self._leases))]
        self._leases[key] = lease
        return lease

    def _subjects(self, caller: Principal) -> list[tuple[UUID, Limits]]:
        found = [(caller.user_id, self._person)]
        second = caller.token_id or caller.actor_id
        if second is not None and second != caller.user_id:
            found.append((second, self._token))
        return found


def _tightest(given: list[Limits]) -> Limits:
    def least(values: list[int]) -> int:
        return min((value for value in values if value), default=0)

    return Limits(
        per_minute=least([each.per_minute for each in given]),
        burst=least([each.burst for each in given if each.per_minute]),
        per_day=least([each.per_day for each in given]),
    )


def _refusal(
    grant: Grant, caller: Principal, subjects: list[tuple[UUID, Limits]]
) -> RateLimitedError | QuotaExceededError:
    limits = subjects[grant.refused_by - 1][1]
    whose = f"`{caller.email}`" if grant.refused_by == 1 else f"`{caller.name}`"
    wait = max(1, math.ceil(grant.wait_seconds))
    details: dict[str, object] = {"retry_after_seconds": wait}
    if grant.reason == "quota":
        msg = f"requests: {whose} may make {limits.per_day} a day, and made them"
        return QuotaExceededError(msg, hint="/me", details=details | {"per_day": limits.per_day})
    msg = f"requests: {whose} may make {limits.per_minute} a minute, try again in {wait} s"
    details |= {"per_minute": limits.per_minute, "burst": limits.burst}
    return RateLimitedError(msg, hint="/me", details=details)
