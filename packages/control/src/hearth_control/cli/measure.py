"""Times and sizes as a person reads them: pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_UNITS: Final = ("B", "KB", "MB", "GB", "TB")


def say_age(since: datetime | None, now: datetime) -> str:
    """Say how long ago something was: `12 s`, `4 min`, `3 h`, `9 days`."""
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < 2 * DAY:
        return f"{seconds // HOUR} h"
    return f"{seconds // DAY} days"


def say_seconds(seconds: float) -> str:
    """Say a duration: `0.4 s`, `12 s`, `2 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // MINUTE} min {int(seconds) % MINUTE} s"


def say_size(size_bytes: int) -> str:
    """Say a size: `600 MB`, `2 GB`. Powers of 1024, as `M` and `G` in service files mean them."""
    value = float(size_bytes)
    unit = 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value /= 1024
        unit += 1
    digits = 1 if value < 10 and unit > 2 and value != int(value) else 0
    return f"{value:.{digits}f} {_UNITS[unit]}"
