"""When a backup is due. Pure: the moment is given."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from hearth_backup.errors import BadSettingError

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def parse_times(text: str) -> tuple[time, ...]:
    """Read times of day, such as `03:30` or `03:30,15:30`.

    Raises:
        BadSettingError: one is no time of day.
    """
    found = []
    for word in text.split(","):
        match = _TIME.fullmatch(word.strip())
        if match is None:
            msg = f"BACKUP_AT: `{word.strip()}` is no time of day such as `03:30`"
            raise BadSettingError(msg, hint="hearth settings unset BACKUP_AT")
        found.append(time(int(match[1]), int(match[2])))
    return tuple(sorted(set(found)))


def last_due(times: tuple[time, ...], now: datetime) -> datetime:
    """Give the last moment up to `now` at which a backup was due, in `now`'s time zone."""
    days = (now.date(), now.date() - timedelta(days=1))
    return max(
        moment
        for day in days
        for each in times
        if (moment := datetime.combine(day, each, tzinfo=now.tzinfo)) <= now
    )


def is_due(times: tuple[time, ...], *, now: datetime, since: datetime) -> bool:
    """Tell whether a backup became due after `since`, when the last one began."""
    return last_due(times, now) > since
