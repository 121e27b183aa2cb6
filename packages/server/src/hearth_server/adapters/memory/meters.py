"""Counts of requests in memory, by the same arithmetic as the database's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from hearth_server.capabilities.identity.model import Grant, Limits

_UNLIMITED = 2**31 - 1


@dataclass(slots=True)
class _Meter:
    arrival: datetime
    day: date
    used: int = 0


@dataclass(slots=True)
class MemoryMeters:
    """The port `Meters` for one process."""

    meters: dict[UUID, _Meter] = field(default_factory=dict)

    async def take(
        self, subjects: Sequence[tuple[UUID, Limits]], *, wanted: int, now: datetime
    ) -> Grant:
        """Take up to `wanted` requests for all subjects together, or none."""
        remaining, refused_by, reason, wait = _UNLIMITED, 0, "", 0.0
        for place, (subject, limits) in enumerate(subjects, start=1):
            meter = self.meters.setdefault(subject, _Meter(arrival=now, day=now.date()))
            if meter.day != now.date():
                meter.day, meter.used = now.date(), 0
            for kind, room, pause in _rooms(meter, limits, now):
                remaining = min(remaining, room)
                if room < 1 and pause > wait:
                    refused_by, reason, wait = place, kind, pause
        granted = min(wanted, remaining)
        if granted > 0:
            for subject, limits in subjects:
                self._spend(subject, limits, granted, now)
        return Grant(
            granted=granted,
            refused_by=refused_by,
            reason=reason,
            wait_seconds=wait,
            remaining=remaining - granted,
        )

    def _spend(self, subject: UUID, limits: Limits, granted: int, now: datetime) -> None:
        meter = self.meters[subject]
        meter.used += granted
        if limits.per_minute:
            spacing = timedelta(minutes=1) / limits.per_minute
            meter.arrival = max(meter.arrival, now) + granted * spacing


def _rooms(meter: _Meter, limits: Limits, now: datetime) -> list[tuple[str, int, float]]:
    """Give for each limit its name, how many requests it has room for, and when it has for one."""
    found: list[tuple[str, int, float]] = []
    if limits.per_minute:
        spacing = 60 / limits.per_minute
        ahead = max(0.0, (meter.arrival - now).total_seconds())
        room = math.floor((limits.burst * spacing - ahead) / spacing + 1e-6)
        found.append(("rate", max(0, room), ahead - (limits.burst - 1) * spacing))
    if limits.per_day:
        tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        room = max(0, limits.per_day - meter.used)
        found.append(("quota", room, (tomorrow - now).total_seconds()))
    return found
