"""How long a unit waits before it starts again."""

from __future__ import annotations

import pytest
from hearth_control.engine.embedded.backoff import delay, streak_after

pytestmark = pytest.mark.unit


def test_delay_doubles_to_ceiling() -> None:
    assert [delay(n) for n in (0, 1, 2, 3, 6, 7, 1000)] == [0.5, 0.5, 1, 2, 16, 30, 30]


def test_streak_resets_when_healthy() -> None:
    assert streak_after(4, 59.9) == 5
    assert streak_after(4, 60.0) == 1
