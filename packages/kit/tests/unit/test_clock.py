"""Tests of `hearth_kit.clock`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hearth_kit.clock import ManualClock, SystemClock

pytestmark = pytest.mark.unit


def test_manual_clock_advances() -> None:
    clock = ManualClock(time_of_day=datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    clock.advance(timedelta(minutes=2))
    assert clock.now() == datetime(2026, 3, 1, 0, 1, tzinfo=UTC)
    assert clock.monotonic() == 120.0


def test_system_clock_is_aware() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_system_clock_never_goes_back() -> None:
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)
