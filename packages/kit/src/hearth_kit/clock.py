"""Time as a value that is handed in, so that pure code has none."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where a program takes the time from."""

    def now(self) -> datetime:
        """Give the time of day, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Give seconds that only grow; the difference of two is a duration."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Give the time of day, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give seconds that only grow."""
        return time.monotonic()


@dataclass(slots=True)
class ManualClock:
    """A clock that a test moves by hand."""

    time_of_day: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    elapsed: float = 0.0

    def now(self) -> datetime:
        """Give the time of day that the test set."""
        return self.time_of_day

    def monotonic(self) -> float:
        """Give the seconds that the test let pass."""
        return self.elapsed

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.time_of_day += by
        self.elapsed += by.total_seconds()
