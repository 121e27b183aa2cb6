"""Order by need."""

from __future__ import annotations

import pytest
from hearth_control.plan.order import ordered
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("needs", "order"),
    [
        ({}, ("a", "b", "c")),
        ({"a": ["c"]}, ("c", "a", "b")),
        ({"a": ["b"], "b": ["c"]}, ("c", "b", "a")),
        ({"a": ["gone"]}, ("a", "b", "c")),
        ({"a": ["b"], "b": ["a"]}, ("b", "a", "c")),
    ],
    ids=["as-given", "one", "chain", "unknown", "cycle"],
)
def test_ordered(needs: dict[str, list[str]], order: tuple[str, ...]) -> None:
    assert ordered("abc", needs) == order


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("ghij"))))
def test_needs_come_first(needs: dict[str, list[str]]) -> None:
    order = ordered("abcdefghij", needs)
    assert sorted(order) == list("abcdefghij")
    assert all(order.index(need) < order.index(name) for name in needs for need in needs[name])
