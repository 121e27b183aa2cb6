"""How long to wait before a unit that ended is started again. Pure."""

from __future__ import annotations

from typing import Final

FIRST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 30.0
HEALTHY_SECONDS: Final = 60.0
"""A unit that was well for this long is forgiven its earlier failures."""


def delay(streak: int) -> float:
    """Give the seconds to wait after so many failures in a row: 0.5, 1, 2, … 30."""
    return min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(max(streak, 1) - 1, 16))


def streak_after(streak: int, healthy_seconds: float) -> int:
    """Count one more failure, or the first one after a healthy spell."""
    return 1 if healthy_seconds >= HEALTHY_SECONDS else streak + 1
