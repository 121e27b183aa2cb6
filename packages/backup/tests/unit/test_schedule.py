"""When a backup is due."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hearth_backup.errors import BadSettingError
from hearth_backup.schedule import is_due, last_due, parse_times

pytestmark = pytest.mark.unit


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_times_are_sorted_and_once() -> None:
    assert parse_times("15:30, 3:30,15:30") == (time(3, 30), time(15, 30))


@pytest.mark.parametrize("text", ["", "24:00", "3.30", "03:30,", "daily"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(BadSettingError) as caught:
        parse_times(text)
    assert caught.value.message.endswith("` is no time of day such as `03:30`")
    assert caught.value.hint == "hearth settings unset BACKUP_AT"


def test_due_moment_may_be_yesterdays() -> None:
    times = parse_times("03:30,15:30")
    assert last_due(times, at(10, 2)) == at(9, 15, 30)
    assert last_due(times, at(10, 3, 30)) == at(10, 3, 30)


def test_backup_is_due_once_for_each_time() -> None:
    times = parse_times("03:30")
    assert not is_due(times, now=at(10, 3, 29), since=at(9, 3, 30))
    assert is_due(times, now=at(10, 3, 31), since=at(9, 3, 31))
    assert not is_due(times, now=at(10, 4), since=at(10, 3, 31))
    assert is_due(times, now=at(12, 9), since=at(10, 3, 31))
