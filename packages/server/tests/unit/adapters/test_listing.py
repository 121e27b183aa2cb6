"""A listing: the same states are the same listing, in whatever order they come."""

from __future__ import annotations

from uuid import UUID

import pytest
from hearth_server.adapters.postgres.listing import Listings, read_listing

pytestmark = pytest.mark.unit

ADA, BOB = UUID(int=1), UUID(int=2)


def entry(document: int, edition: int, passages: int) -> bytes:
    return UUID(int=document).bytes + edition.to_bytes(8, "big") + passages.to_bytes(4, "big")


ONE, TWO, THREE = entry(1 << 120, 7, 2), entry(2, 9, 5), entry(256, 1, 1)


def test_order_does_not_matter() -> None:
    listings = Listings()
    listed = listings.get(ADA, ONE + TWO + THREE)
    assert listed.listing == TWO + THREE + ONE
    assert listed.layout.starts.tolist() == [0, 5, 6, 8]
    assert listings.get(ADA, THREE + ONE + TWO) is listed
    assert listings.get(BOB, ONE + TWO + THREE) is not listed


def test_another_state_is_another_listing() -> None:
    listings = Listings()
    before = listings.get(ADA, ONE + TWO)
    assert listings.get(ADA, ONE + entry(2, 10, 5)) is not before
    assert read_listing(before.listing).keys() == {UUID(int=2), UUID(int=1 << 120)}


def test_what_was_used_longest_ago_goes_first() -> None:
    listings = Listings(limit=2 * 80)
    kept, dropped = listings.get(ADA, ONE), listings.get(BOB, ONE)
    assert listings.get(ADA, ONE) is kept
    listings.get(UUID(int=3), ONE)
    assert listings.get(ADA, ONE) is kept
    assert listings.get(BOB, ONE) is not dropped
