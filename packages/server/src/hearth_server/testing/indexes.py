"""What every adapter of the port `VectorIndex` must do; each adapter's own test calls these."""
# ruff: noqa: S101  to assert is what a check does

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from hearth_kit.ids import uuid7

from hearth_server.capabilities.knowledge.model import EmbedderInfo, PassageKey
from hearth_server.capabilities.knowledge.vector_index import VectorIndex, Within

INFO = EmbedderInfo(name="Test / 1", dimension=4, max_tokens=100)
OTHER = EmbedderInfo(name="test 1", dimension=3, max_tokens=100)


def rows(*values: Sequence[float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Make vectors of length 1."""
    array = np.array(values, np.float32)
    made: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = array / np.linalg.norm(
        array, axis=1, keepdims=True
    )
    return made


def at(document_id: UUID, ordinal: int) -> PassageKey:
    """Name a passage."""
    return PassageKey(document_id=document_id, ordinal=ordinal)


async def check_index(index: VectorIndex) -> None:
    """Check what is found of one owner, and that writing again replaces."""
    ada, one, two = uuid7(), uuid7(), uuid7()
    query = (1.0, 0.0, 0.0, 0.0)
    assert await index.nearest(query, INFO, Within(owner=ada), limit=5) == {}
    await index.replace(ada, one, INFO, rows((1, 0, 0, 0), (1, 1, 0, 0), (-1, 0, 0, 0)))
    await index.replace(ada, two, INFO, rows((1, 2, 0, 0)))
    found = await index.nearest(query, INFO, Within(owner=ada), limit=3)
    assert list(found) == [at(one, 0), at(one, 1), at(two, 0)]
    expected = [1.0, 0.5**0.5, 0.2**0.5]
    assert np.allclose(list(found.values()), expected, atol=1e-5)
    last = await index.nearest(query, INFO, Within(owner=ada), limit=9)
    assert abs(last[at(one, 2)] + 1) < 1e-5
    within = Within(owner=ada, own=frozenset({two}))
    assert list(await index.nearest(query, INFO, within, limit=9)) == [at(two, 0)]
    assert await index.nearest(query[:3], OTHER, Within(owner=ada), limit=9) == {}
    await index.replace(ada, one, OTHER, rows((1, 0, 0)))
    await index.replace(ada, one, INFO, rows((0, 1, 0, 0)))
    found = await index.nearest(query, INFO, Within(owner=ada), limit=9)
    assert list(found) == [at(two, 0), at(one, 0)]
    await index.remove(one)
    await index.remove(one)
    assert list(await index.nearest(query, INFO, Within(owner=ada), limit=9)) == [at(two, 0)]
    assert await index.nearest(query[:3], OTHER, Within(owner=ada), limit=9) == {}
    await index.remove(two)


async def check_strangers(index: VectorIndex) -> None:
    """Check that a few of one's own come whole among very many nearer ones of others.

    An index that filtered what it had found would give none of them.
    """
    ada, bob, hers, his = uuid7(), uuid7(), uuid7(), uuid7()
    query = (1.0, 0.0, 0.0, 0.0)
    near = rows(*((1.0, 0.0001 * place, 0, 0) for place in range(700)))
    await index.replace(bob, his, INFO, near)
    await index.replace(ada, hers, INFO, rows((0, 1, 0, 0), (0, 1, 1, 0)))
    found = await index.nearest(query, INFO, Within(owner=ada), limit=2)
    assert set(found) == {at(hers, 0), at(hers, 1)}
    stolen = Within(owner=ada, own=frozenset({his}))
    assert await index.nearest(query, INFO, stolen, limit=9) == {}
    assert await index.nearest(query, INFO, Within(owner=uuid7()), limit=9) == {}
    shared = Within(owner=ada, own=frozenset(), others=frozenset({his}))
    found = await index.nearest(query, INFO, shared, limit=3)
    assert {key.document_id for key in found} == {his}
    both = Within(owner=ada, others=frozenset({his}))
    found = await index.nearest((0.0, 1.0, 0.0, 0.0), INFO, both, limit=1)
    assert list(found) == [at(hers, 0)]
    await index.remove(his)
    await index.remove(hers)
