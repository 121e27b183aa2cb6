"""Leaving networks out must not change who reaches whom, nor who gets out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

import pytest
from hearth_control.plan.model import NetworkKind
from hearth_control.plan.networks import Member, cut
from hearth_control.plan.networks_fewer import Draft, fewer
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit

CADDY = Member(unit="caddy", service="caddy", gateway=True, egress=True, published=True)
PROMETHEUS = Member(unit="prometheus", service="prometheus", routed=True, published=True)


def pairs(drafts: Iterable[Draft]) -> set[tuple[str, str]]:
    return {pair for draft in drafts for pair in permutations(draft.members, 2)}


def left(*members: Member) -> dict[str, set[str]]:
    return {draft.name: set(draft.members) for draft in fewer(cut(members))}


def test_gateway_joins_a_way_out() -> None:
    page = Member(unit="page", service="page", egress=True, routed=True, published=True)
    assert left(CADDY, page) == {"egress-page": {"caddy", "page"}}


def test_gateway_without_a_way_out_gets_none() -> None:
    page = Member(unit="page", service="page", egress=True, routed=True)
    kong = Member(unit="kong", service="kong", gateway=True, published=True)
    assert left(kong, page) == {
        "egress-page": {"page"},
        "sealed-page": {"kong", "page"},
    }


def test_gateway_stays_away_from_neighbours() -> None:
    """The worker has no route, so that the gateway must not come into its network."""
    page = Member(unit="page", service="page", egress=True, routed=True)
    worker = Member(unit="worker", service="page", egress=True)
    assert left(CADDY, page, worker)["egress-page"] == {"page", "worker"}
    assert left(CADDY, page, worker)["sealed-page"] == {"caddy", "page"}


def test_collector_joins_a_sealed_network() -> None:
    loki = Member(unit="loki", service="loki", published=True, collector="prometheus")
    assert left(PROMETHEUS, loki) == {"sealed-loki": {"loki", "prometheus"}}


def test_collector_gets_no_way_out() -> None:
    chat = Member(unit="chat", service="chat", egress=True, collector="prometheus")
    assert left(PROMETHEUS, chat)["metrics-chat"] == {"chat", "prometheus"}


def test_collector_without_route_keeps_away_from_the_gateway() -> None:
    hidden = Member(unit="prometheus", service="prometheus")
    page = Member(unit="page", service="page", routed=True, collector="prometheus")
    assert left(CADDY, hidden, page)["metrics-page"] == {"page", "prometheus"}


def test_role_within_a_larger_role() -> None:
    server = Member(unit="server", service="server", uses={"llm": "ollama"})
    worker = Member(unit="worker", service="worker", uses={"llm": "ollama", "lambda": "server"})
    assert left(server, worker) == {"role-llm": {"ollama", "server", "worker"}}


def test_own_network_stays() -> None:
    """Its second container may come later, and must not recreate the first."""
    parts = [
        Member(unit=name, service="app", own=True, egress=True) for name in ("app", "app-worker")
    ]
    assert set(left(*parts)) == {"egress-app", "own-app"}


UNITS = ("a", "b", "c", "d", "caddy", "prometheus")


@st.composite
def worlds(draw: st.DrawFn) -> list[Member]:
    flag = st.booleans()
    return [
        Member(
            unit=name,
            service=draw(st.sampled_from((name, "a"))),
            uses=draw(
                st.dictionaries(
                    st.sampled_from(("x", "y")), st.sampled_from(("a", "b")), max_size=2
                )
            ),
            own=draw(flag),
            egress=draw(flag),
            host=draw(flag),
            published=draw(flag),
            beyond=draw(flag),
            routed=draw(flag),
            gateway=name == "caddy" and draw(flag),
            collector="prometheus" if name != "prometheus" and draw(flag) else None,
        )
        for name in UNITS
    ]


def _in(drafts: tuple[Draft, ...], *kinds: NetworkKind) -> set[str]:
    return {unit for draft in drafts if draft.kind in kinds for unit in draft.members}


@given(worlds())
def test_nothing_opens_and_nothing_closes(members: list[Member]) -> None:
    before, after = cut(members), fewer(cut(members))
    assert pairs(after) == pairs(before)
    assert _in(after, NetworkKind.EGRESS) == _in(before, NetworkKind.EGRESS)
    outward = (NetworkKind.EGRESS, NetworkKind.FRONT, NetworkKind.SEALED)
    # Docker publishes no port of a container that is on internal networks only.
    assert _in(after, *outward) >= _in(before, *outward)
    assert _in(after, NetworkKind.FRONT) == _in(before, NetworkKind.FRONT)
    assert len(after) <= len(before)
