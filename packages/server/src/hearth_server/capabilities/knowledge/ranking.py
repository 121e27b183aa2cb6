"""How passages are ranked: BM25 over postings, and the fusion of two legs. Pure.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009),
section 3; the inverse document frequency is Lucene's, ln(1 + (N - n + 0.5) / (n + 0.5)), which is
never negative. Reciprocal ranks: Cormack, Clarke and Buettcher (SIGIR 2009), k = 60.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from hearth_server.capabilities.knowledge.model import PassageKey, Span
from hearth_server.capabilities.knowledge.words import find_words, key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

K1: Final = 1.2
B: Final = 0.75
RRF_K: Final = 60
_POSTING: Final = struct.Struct("<IHH")

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Postings:
    """Where one word stands in one document.

    Shape: `packed` is 8 bytes a passage, little-endian: ordinal u4, frequency u2, length u2.
    """

    word: str
    document_id: UUID
    wanted: bool
    """Whether the search's filter lets this document through; it counts for rarity either way."""
    packed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What BM25 knows of the whole collection of one owner."""

    passages: int
    words: int
    languages: tuple[str, ...]

    @property
    def average_length(self) -> float:
        """Words a passage, on average."""
        return self.words / self.passages if self.passages else 0.0


def inverse_frequency(passages: int, containing: int) -> float:
    """Weigh a word by how few passages have it."""
    return math.log(1.0 + (passages - containing + 0.5) / (containing + 0.5))


def term_weight(frequency: float, length: float, average_length: float) -> float:
    """Weigh how often a word stands in a passage of this length; below K1 + 1."""
    norm = K1 * (1.0 - B + B * length / average_length)
    return frequency * (K1 + 1.0) / (frequency + norm)


def pack_postings(entries: Iterable[tuple[int, int, int]]) -> bytes:
    """Pack `(ordinal, frequency, length)` of one word in one document."""
    return b"".join(
        _POSTING.pack(ordinal, min(frequency, 0xFFFF), min(length, 0xFFFF))
        for ordinal, frequency, length in entries
    )


class TextScores:
    """BM25 of every passage that has a word of the query and passes the filter."""

    def __init__(
        self,
        documents: Sequence[UUID] = (),
        places: NDArray[np.int64] | None = None,
        scores: NDArray[np.float64] | None = None,
    ) -> None:
        self._documents = documents
        self._positions = {document: index for index, document in enumerate(documents)}
        self._places = places
        self._scores = scores

    def __len__(self) -> int:
        return 0 if self._places is None else len(self._places)

    def top(self, limit: int) -> dict[PassageKey, float]:
        """Give the highest scores, best first; equal ones in the order of their keys."""
        import numpy as np

        if self._places is None or self._scores is None:
            return {}
        order = np.lexsort((self._places, -self._scores))[:limit]
        return {
            PassageKey(document_id=self._documents[place >> 32], ordinal=place & 0xFFFFFFFF): score
            for place, score in zip(
                self._places[order].tolist(), self._scores[order].tolist(), strict=True
            )
        }

    def score(self, passage: PassageKey) -> float:
        """Give one passage's score; 0 where no word of the query occurs in it."""
        import numpy as np

        position = self._positions.get(passage.document_id)
        if position is None or self._places is None or self._scores is None:
            return 0.0
        place = (position << 32) | passage.ordinal
        index = int(np.searchsorted(self._places, place))
        found = index < len(self._places) and int(self._places[index]) == place
        return float(self._scores[index]) if found else 0.0


def score_bm25(
    words: Mapping[str, tuple[str, ...]], postings: Sequence[Postings], statistics: Statistics
) -> TextScores:
    """Score every passage that has a word of the query and passes the filter.

    Shape: `words` maps each word of the query to its keys in the collection's languages, as
    `query_keys` gives them. A word's keys count as one word: a passage has one language.
    """
    import numpy as np

    by_key: dict[str, list[Postings]] = {}
    for entry in postings:
        by_key.setdefault(entry.word, []).append(entry)
    documents = sorted({entry.document_id for entry in postings if entry.wanted})
    base = {document_id: index for index, document_id in enumerate(documents)}
    places: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float64]] = []
    for keys in words.values():
        entries = [entry for each in keys for entry in by_key.get(each, ())]
        containing = sum(len(entry.packed) for entry in entries) // 8
        rarity = inverse_frequency(statistics.passages, containing)
        wanted = [entry for entry in entries if entry.wanted]
        if wanted:
            place, weight = _weigh(wanted, base, rarity * (K1 + 1.0), statistics.average_length)
            places.append(place)
            weights.append(weight)
    if not places:
        return TextScores()
    unique, inverse = np.unique(np.concatenate(places), return_inverse=True)
    sums = np.bincount(inverse, weights=np.concatenate(weights)).astype(np.float64)
    return TextScores(documents, unique, sums)


def _weigh(
    entries: Sequence[Postings], base: Mapping[UUID, int], scale: float, average: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    import numpy as np

    layout = np.dtype([("ordinal", "<u4"), ("frequency", "<u2"), ("length", "<u2")])
    rows = np.frombuffer(b"".join(entry.packed for entry in entries), dtype=layout)
    sizes = np.array([len(entry.packed) // 8 for entry in entries])
    owners = np.array([base[entry.document_id] for entry in entries], dtype=np.int64)
    place = (np.repeat(owners, sizes) << 32) | rows["ordinal"].astype(np.int64)
    frequency = rows["frequency"].astype(np.float64)
    norm = K1 * (1.0 - B + B * rows["length"] / average)
    return place, scale * frequency / (frequency + norm)


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
    for word in find_words(text):
        if key(word.folded, language) not in keys:
            continue
        if spans and word.start <= spans[-1].end:
            spans[-1] = Span(start=spans[-1].start, end=max(spans[-1].end, word.end))
        else:
            spans.append(Span(start=word.start, end=word.end))
    return tuple(spans)
