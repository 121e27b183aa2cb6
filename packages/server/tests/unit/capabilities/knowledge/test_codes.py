"""Four-bit codes: what is packed comes back, and the truly closest are among the candidates."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hearth_server.capabilities.knowledge.codes import Shelf, count_rows, pack_codes
from hearth_server.capabilities.knowledge.model import PassageKey
from hearth_server.capabilities.knowledge.vectors import normalise
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.unit


def vectors(count: int, dimension: int, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return normalise(random.standard_normal((count, dimension)).astype(np.float32))


def shelf_of(*documents: np.ndarray) -> Shelf:
    parts = [(UUID(int=index), pack_codes(rows)) for index, rows in enumerate(documents)]
    return Shelf.build(parts, documents[0].shape[1])


def closest(
    shelf: Shelf, query: list[float], limit: int, only: frozenset[UUID] | None = None
) -> list[PassageKey]:
    return shelf.layout.keys(shelf.closest(query, limit, only=only))


@given(counts=st.lists(st.integers(0, 5), min_size=1, max_size=4), dimension=st.integers(1, 9))
def test_shelf_gives_back_what_was_packed(counts: list[int], dimension: int) -> None:
    documents = [vectors(count, dimension, seed) for seed, count in enumerate(counts)]
    shelf = shelf_of(*documents)
    for index, rows in enumerate(documents):
        assert shelf.part(index) == pack_codes(rows)
        assert count_rows(shelf.part(index), dimension) == len(rows)


@pytest.mark.parametrize("dimension", [3, 64, 385])
def test_a_passage_is_closest_to_itself(dimension: int) -> None:
    one, two = vectors(40, dimension, 1), vectors(60, dimension, 2)
    shelf = shelf_of(one, two)
    for ordinal in (0, 17, 59):
        found = closest(shelf, two[ordinal].tolist(), 3 if dimension > 3 else 30)
        assert PassageKey(document_id=UUID(int=1), ordinal=ordinal) in found


def test_the_ten_closest_are_among_the_candidates() -> None:
    """Vectors around common centres, as texts about the same things have them."""
    random = np.random.default_rng(3)
    centres = vectors(50, 384, 4)
    noise = 0.8 * vectors(8_000, 384, 5)
    rows = normalise(centres[random.integers(50, size=8_000)] + noise)
    shelf = shelf_of(rows[:3_000], rows[3_000:])
    starts = (0, 3_000)
    for query in rows[random.integers(8_000, size=20)]:
        found = {
            starts[key.document_id.int] + key.ordinal for key in closest(shelf, query.tolist(), 200)
        }
        assert set(np.argsort(-(rows @ query))[:10].tolist()) <= found


def test_candidates_are_chosen_by_the_vector_itself() -> None:
    """By its own code alone, whose rounding comes on top, thirteen of these are missed."""
    rows = vectors(4_000, 384, 6)
    shelf = shelf_of(rows)
    for query in vectors(20, 384, 7):
        found = {key.ordinal for key in closest(shelf, query.tolist(), 60)}
        assert set(np.argsort(-(rows @ query))[:30].tolist()) <= found


def test_filter_leaves_others_out() -> None:
    shelf = shelf_of(vectors(5, 8, 1), vectors(5, 8, 2), vectors(5, 8, 3))
    found = closest(shelf, [1.0] * 8, 100, frozenset({UUID(int=1)}))
    assert {key.document_id.int for key in found} == {1}
    assert len(found) == 5
    assert closest(shelf, [1.0] * 8, 100, frozenset()) == []


def test_a_row_of_zeros_is_no_error() -> None:
    rows = np.zeros((1, 8), np.float32)
    found = closest(shelf_of(rows), [1.0] * 8, 5)
    assert found == [PassageKey(document_id=UUID(int=0), ordinal=0)]


def test_an_empty_shelf_has_nothing() -> None:
    assert closest(Shelf.build([], 8), [1.0] * 8, 5) == []
