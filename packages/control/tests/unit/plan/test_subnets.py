"""Subnets stay where they are and overlap nothing."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import combinations

import pytest
from hearth_control.plan.subnets import assign, first_overlap, last_address
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

ROUTES = st.lists(
    st.builds(
        lambda number, prefix: str(ip_network((number, prefix), strict=False)),
        st.integers(min_value=0x0A000000, max_value=0x0AFFFFFF),
        st.integers(min_value=9, max_value=30),
    ),
    max_size=8,
)


def test_first_subnets() -> None:
    assert assign(("a", "b"), existing={}, avoid=()) == {
        "a": "10.213.0.0/27",
        "b": "10.213.0.32/27",
    }


def test_existing_stays() -> None:
    given_ = assign(("a", "b"), existing={"b": "10.213.0.0/27"}, avoid=("10.213.0.0/16",))
    assert given_ == {"b": "10.213.0.0/27", "a": "172.30.0.0/27"}


def test_default_routes_say_nothing() -> None:
    avoid = ("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "::/0", "fe80::/64")
    assert assign(("a",), existing={}, avoid=avoid) == {"a": "10.213.0.0/27"}


def test_vpn_over_ten() -> None:
    assert assign(("a",), existing={}, avoid=("10.0.0.0/8",)) == {"a": "172.30.0.0/27"}


def test_single_address_is_avoided() -> None:
    assert assign(("a",), existing={}, avoid=("10.213.0.7",)) == {"a": "10.213.0.32/27"}


def test_both_large_ranges_taken() -> None:
    avoid = ("10.0.0.0/8", "172.16.0.0/12")
    assert assign(("a",), existing={}, avoid=avoid) == {"a": "192.168.208.0/27"}


def test_preferred_ranges_taken() -> None:
    """What is left of the private ranges is searched too, and nothing is given twice."""
    avoid = ("10.128.0.0/9", "10.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
    found = assign(tuple(f"n{number}" for number in range(40)), existing={}, avoid=avoid)
    assert found["n0"] == "10.0.0.0/27"
    assert len(set(found.values())) == 40


def test_range_of_the_person() -> None:
    found = assign(("a", "b"), existing={}, avoid=("10.5.0.0/27",), within="10.5.0.0/16")
    assert found == {"a": "10.5.0.32/27", "b": "10.5.0.64/27"}


def test_range_too_small() -> None:
    found = assign(("a", "b", "c"), existing={}, avoid=(), within="10.5.0.0/26")
    assert found == {"a": "10.5.0.0/27", "b": "10.5.0.32/27"}


def test_moved_range_leaves_what_exists() -> None:
    found = assign(("a", "b"), existing={"a": "10.213.0.0/27"}, avoid=(), within="10.5.0.0/16")
    assert found == {"a": "10.213.0.0/27", "b": "10.5.0.0/27"}


def test_overlap_ignores_default_routes() -> None:
    routes = ("0.0.0.0/0", "128.0.0.0/1", "fd00::/8", "10.0.0.0/8")
    assert first_overlap("10.5.0.0/16", routes) == "10.0.0.0/8"
    assert first_overlap("192.168.7.0/24", routes) is None


def test_last_address_is_nobodys() -> None:
    assert last_address("10.213.0.32/27") == "10.213.0.62"
    assert last_address(None) is None


def test_no_room_is_missing() -> None:
    everything = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    assert assign(("a",), existing={}, avoid=everything) == {}


@given(ROUTES, st.integers(min_value=1, max_value=40))
def test_nothing_overlaps(routes: list[str], count: int) -> None:
    names = tuple(f"n{number}" for number in range(count))
    subnets = [ip_network(text) for text in assign(names, existing={}, avoid=routes).values()]
    assert len(subnets) == count
    assert not any(one.overlaps(two) for one, two in combinations(subnets, 2))
    assert not any(one.overlaps(ip_network(route)) for one in subnets for route in routes)


@given(ROUTES)
def test_second_time_is_same(routes: list[str]) -> None:
    names = ("a", "b", "c")
    first = assign(names, existing={}, avoid=routes)
    # The host routes our own networks by then.
    assert assign(names, existing=first, avoid=(*routes, *first.values())) == first
