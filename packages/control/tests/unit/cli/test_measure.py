from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hearth_control.cli.measure import say_age, say_seconds, say_size

pytestmark = pytest.mark.unit

NOW = datetime(2026, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (47 * 3600, "47 h"),
        (48 * 3600, "2 days"),
        (-5, "0 s"),
    ],
)
def test_age_reads_well(seconds: int, text: str) -> None:
    assert say_age(NOW - timedelta(seconds=seconds), NOW) == text


def test_age_of_nothing() -> None:
    assert say_age(None, NOW) == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (3.14, "3.1 s"), (12.4, "12 s"), (125, "2 min 5 s")]
)
def test_seconds_read_well(seconds: float, text: str) -> None:
    assert say_seconds(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (900, "900 B"),
        (600 * 1024**2, "600 MB"),
        (2 * 1024**3, "2 GB"),
        (int(2.5 * 1024**3), "2.5 GB"),
        (23 * 1024**3, "23 GB"),
    ],
)
def test_size_reads_well(size: int, text: str) -> None:
    assert say_size(size) == text
