"""What is remembered of a proof, and when it must not be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hearth_kit.clock import ManualClock
from hearth_server.capabilities.identity.cache import PrincipalCache
from hearth_server.testing.principals import make_principal

pytestmark = pytest.mark.unit

KEY = ("token", b"digest")
ADA = make_principal(name="ada")
EVE = make_principal(name="eve")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cache(clock: ManualClock) -> PrincipalCache:
    return PrincipalCache(clock, is_on=True)


def keep(cache: PrincipalCache, clock: ManualClock, **until: float) -> None:
    expires_at = clock.now() + timedelta(**(until or {"days": 1}))
    cache.keep(KEY, ADA, expires_at=expires_at, since=cache.mark())


def test_proof_is_remembered_for_seconds(cache: PrincipalCache, clock: ManualClock) -> None:
    keep(cache, clock)
    clock.advance(timedelta(seconds=4.9))
    assert cache.find(KEY) is ADA
    clock.advance(timedelta(seconds=0.2))
    assert cache.find(KEY) is None


def test_expiry_is_not_outlived(cache: PrincipalCache, clock: ManualClock) -> None:
    keep(cache, clock, seconds=2)
    clock.advance(timedelta(seconds=2))
    assert cache.find(KEY) is None


def test_person_is_forgotten_alone(cache: PrincipalCache, clock: ManualClock) -> None:
    keep(cache, clock)
    cache.forget(EVE.user_id)
    assert cache.find(KEY) is ADA
    cache.forget(ADA.user_id)
    assert cache.find(KEY) is None


def test_lookup_overtaken_by_revocation_is_not_kept(
    cache: PrincipalCache, clock: ManualClock
) -> None:
    """The store said yes, the token was revoked, and only then did the answer arrive here."""
    since = cache.mark()
    cache.forget(ADA.user_id)
    cache.keep(KEY, ADA, expires_at=clock.now() + timedelta(days=1), since=since)
    assert cache.find(KEY) is None


def test_without_news_nothing_is_remembered(clock: ManualClock) -> None:
    cache = PrincipalCache(clock)
    keep(cache, clock)
    assert cache.find(KEY) is None
    cache.turn_on()
    keep(cache, clock)
    assert cache.find(KEY) is ADA
    cache.turn_off()
    assert cache.find(KEY) is None
