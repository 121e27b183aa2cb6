"""Subnets stay where they are and overlap nothing."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import combinations

import pytest
from hearth_control.plan.subnets import assign
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
