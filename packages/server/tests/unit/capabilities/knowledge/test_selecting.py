"""The highest numbers are those that sorting puts first, however many there are."""

from __future__ import annotations

import numpy as np
import pytest
from hearth_server.capabilities.knowledge.selecting import highest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.unit


@settings(deadline=None)
@given(
    size=st.integers(0, 3_000), limit=st.integers(0, 70), seed=st.integers(0, 99), few=st.booleans()
)
def test_the_highest_are_what_sorting_puts_first(
    size: int, limit: int, seed: int, few: bool
) -> None:
    random = np.random.default_rng(seed)
    scores = random.integers(3 if few else 10_000, size=size).astype(np.float32)
    places = highest(scores, limit)
    assert len(set(places.tolist())) == min(size, limit)
    assert sorted(scores[places], reverse=True) == sorted(scores, reverse=True)[:limit]


def test_what_is_ruled_out_never_comes_before_what_is_not() -> None:
    scores = np.full(10_000, -np.inf, np.float32)
    scores[[7, 4_000, 9_999]] = 1.0
    assert {7, 4_000, 9_999} <= set(highest(scores, 5).tolist())
