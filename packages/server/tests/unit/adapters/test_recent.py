"""Memory is bounded, and what was used last stays."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hearth_server.adapters.postgres.recent import Recent

pytestmark = pytest.mark.unit


@dataclass(frozen=True, slots=True)
class Block:
    size_bytes: int


def keys(kept: Recent[str, Block]) -> list[str]:
    return [key for key, _ in kept.newest_first()]


def test_least_recently_used_goes_first_and_is_told() -> None:
    gone: list[str] = []
    kept: Recent[str, Block] = Recent(10, dropped=gone.append)
    for key in ("a", "b", "a", "c"):
        kept.keep(key, Block(4))
    assert (keys(kept), gone) == (["c", "a"], ["b"])
    assert kept.get("b") is None


def test_a_value_in_place_of_another_counts_once() -> None:
    kept: Recent[str, Block] = Recent(10)
    kept.keep("a", Block(9))
    kept.keep("a", Block(3))
    kept.keep("b", Block(7))
    assert keys(kept) == ["b", "a"]
    kept.drop("b")
    kept.drop("nobody")
    kept.keep("c", Block(7))
    assert keys(kept) == ["c", "a"]


def test_what_is_larger_than_the_room_is_not_kept() -> None:
    kept: Recent[str, Block] = Recent(10)
    kept.keep("a", Block(11))
    assert keys(kept) == []
    kept.keep("b", Block(10))
    assert keys(kept) == ["b"]
