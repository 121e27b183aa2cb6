"""A listing: in one order however it came, and kept for as long as its mark is the same."""

from __future__ import annotations

from uuid import UUID

import pytest
from hearth_server.adapters.postgres.listing import Listed, Listings, read_listing

pytestmark = pytest.mark.unit

ADA, BOB = UUID(int=1), UUID(int=2)


def entry(document: int, edition: int, passages: int) -> bytes:
    return UUID(int=document).bytes + edition.to_bytes(8, "big") + passages.to_bytes(4, "big")


ONE, TWO, THREE = entry(1 << 120, 7, 2), entry(2, 9, 5), entry(256, 1, 1)


def test_order_does_not_matter() -> None:
    listed, other = Listed.of(ONE + TWO + THREE, ("en",)), Listed.of(THREE + ONE + TWO, ("en",))
    assert listed.listing == other.listing == TWO + THREE + ONE
    assert listed.layout.starts.tolist() == [0, 5, 6, 8]
    assert read_listing(listed.listing).keys() == {UUID(int=n) for n in (2, 256, 1 << 120)}


def test_a_listing_is_known_by_its_mark_and_its_reader() -> None:
    listings, listed = Listings(), Listed.of(ONE + TWO, ())
    listings.keep(ADA, "1", listed)
    assert listings.find(ADA, "1") is listed
    assert listings.find(ADA, "2") is None
    assert listings.find(BOB, "1") is None
    listings.keep(ADA, "2", Listed.of(ONE, ()))
    assert listings.find(ADA, "1") is None


def test_what_was_used_longest_ago_goes_first() -> None:
    listings, listed = Listings(limit=2 * 52), Listed.of(ONE, ())
    listings.keep(ADA, "1", listed)
    listings.keep(BOB, "1", listed)
    assert listings.find(ADA, "1") is listed
    listings.keep(UUID(int=3), "1", listed)
    assert listings.find(ADA, "1") is listed
    assert listings.find(BOB, "1") is None
