"""How two legs become one order, and what of a passage matched. Pure.

Source of the reciprocal ranks: Cormack, Clarke and Buettcher (SIGIR 2009), k = 60.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from hearth_server.capabilities.knowledge.model import Span
from hearth_server.capabilities.knowledge.words import find_keys

RRF_K: Final = 60

Key = TypeVar("Key")


def best(scores: Mapping[Key, float], limit: int) -> list[tuple[Key, float]]:
    """Give the highest scores first; equal ones in the order of their keys."""
    import heapq

    return heapq.nsmallest(limit, scores.items(), key=lambda item: (-item[1], item[0]))


def fuse_weighted(
    vector: Mapping[Key, float], text: Mapping[Key, float], *, vector_weight: float = 0.5
) -> dict[Key, float]:
    """Add both legs, each first stretched to the range from 0 to 1.

    A key that one leg lacks gets that leg's 0. Where a leg holds one value only, it says nothing
    about order and counts as 1 for those it has.
    """
    vectors, texts = _stretch(vector), _stretch(text)
    return {
        each: vector_weight * vectors.get(each, 0.0) + (1.0 - vector_weight) * texts.get(each, 0.0)
        for each in {**vectors, **texts}
    }


def fuse_ranks(
    vector: Mapping[Key, float], text: Mapping[Key, float], *, vector_weight: float = 0.5
) -> dict[Key, float]:
    """Add the reciprocal ranks of both legs; only order counts, scores do not."""
    fused: dict[Key, float] = {}
    for leg, weight in ((vector, vector_weight), (text, 1.0 - vector_weight)):
        for rank, (each, _) in enumerate(best(leg, len(leg)), start=1):
            fused[each] = fused.get(each, 0.0) + 2.0 * weight / (RRF_K + rank)
    return fused


def _stretch(scores: Mapping[Key, float]) -> dict[Key, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {each: (score - low) / (high - low) for each, score in scores.items()}


def find_highlights(text: str, language: str, keys: frozenset[str]) -> tuple[Span, ...]:
    """Find the stretches of a passage that match a word of the query; neighbours are joined."""
    spans: list[Span] = []
    for start, end in find_keys(text, language, keys):
        if spans and start <= spans[-1].end:
            spans[-1] = Span(start=spans[-1].start, end=max(spans[-1].end, end))
        else:
            spans.append(Span(start=start, end=end))
    return tuple(spans)
