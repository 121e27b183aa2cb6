"""The weight-free embedder: spelling near, everything else far, the same on every machine."""

from __future__ import annotations

import numpy as np
import pytest
from hearth_server.adapters.builtin.embedder import BuiltinEmbedder, embed_texts
from hearth_server.testing.conformance import check_embedder

pytestmark = pytest.mark.unit


async def test_builtin_conforms() -> None:
    await check_embedder(BuiltinEmbedder())


def test_spelling_brings_near() -> None:
    query, near, typo, far = embed_texts(
        ["danube rivers", "The river Danube is long", "danbue", "bread and butter"]
    )
    assert query @ near > 0.35
    assert query @ typo > query @ far
    assert abs(float(query @ far)) < 0.15


def test_vectors_never_change() -> None:
    """Stored vectors outlive the program: a change here needs a new name."""
    (vector,) = embed_texts(["The Danube"])
    assert np.argsort(-np.abs(vector), kind="stable")[:4].tolist() == GOLDEN
    assert np.count_nonzero(vector) > 40


GOLDEN = [69, 127, 228, 284]
