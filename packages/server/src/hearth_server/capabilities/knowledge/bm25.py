"""BM25 over packed postings, for a handful of passages or hundreds of thousands. Pure.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009),
section 3; the inverse document frequency is Lucene's, ln(1 + (N - n + 0.5) / (n + 0.5)), which is
never negative.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from hearth_server.capabilities.knowledge.layout import Layout, id_array
from hearth_server.capabilities.knowledge.model import PassageKey
from hearth_server.capabilities.knowledge.selecting import highest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

K1: Final = 1.2
B: Final = 0.75
_POSTING: Final = struct.Struct("<IHH")
_HEAD: Final = struct.Struct(">16sI?")
_DENSE: Final = 4
"""A word in one of so many passages or more has a number kept for every passage: in less time, and
for at most 16 bytes a posting."""
_LEAST: Final = 1e-30
"""Below any score but that of a passage that has no word."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Where one word stands, in all documents that have it.

    Shape: `heads` is 21 bytes a document, big-endian: id, length of its part of `packed` in bytes
    u4, and whether the search's filter lets it through u1; it counts for rarity either way.
    `packed` is 8 bytes a passage, little-endian: ordinal u4, frequency u2, length u2.
    """

    word: str
    heads: bytes
    packed: bytes
    _read: list[Weights] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def of(cls, word: str, entries: Iterable[tuple[UUID, bool, bytes]]) -> Postings:
        """Put a word's documents together: id, whether the filter lets it through, postings."""
        found = list(entries)
        return cls(
            word,
            b"".join(_HEAD.pack(each.bytes, len(packed), wanted) for each, wanted, packed in found),
            b"".join(packed for _, _, packed in found),
        )

    @classmethod
    def whole(cls, word: str, documents: bytes, sizes: bytes, packed: bytes) -> Postings:
        """Put columns together, with no filter.

        Shape: 16 bytes of id a document, and its length as in `heads`.
        """
        import numpy as np

        heads = np.empty(len(sizes) // 4, _head_type())
        heads["id"] = np.frombuffer(documents, "S16")
        heads["size"] = np.frombuffer(sizes, ">u4")
        heads["wanted"] = True
        return cls(word, heads.tobytes(), packed)

    def __iter__(self) -> Iterator[tuple[UUID, bool, bytes]]:
        at = 0
        for document, size, wanted in _HEAD.iter_unpack(self.heads):
            yield UUID(bytes=document), wanted, self.packed[at : at + size]
            at += size

    @property
    def passages(self) -> int:
        """How many passages have the word, whatever the filter."""
        return len(self.packed) // _POSTING.size

    def passing(self, documents: Iterable[UUID]) -> Postings:
        """Give the same postings for a filter that lets these documents through."""
        import numpy as np

        heads = np.frombuffer(self.heads, _head_type()).copy()
        heads["wanted"] = np.isin(heads["id"], id_array(documents))
        return Postings(self.word, heads.tobytes(), self.packed, self._read)

    def replacing(self, documents: Iterable[UUID], newer: Postings | None) -> Postings:
        """Give the postings without those of some documents, and with newer ones."""
        import numpy as np

        heads = np.frombuffer(self.heads, _head_type())
        stays = ~np.isin(heads["id"], id_array(documents))
        rows = np.frombuffer(self.packed, _posting_type())
        kept = rows[np.repeat(stays, heads["size"] // _POSTING.size)]
        return Postings(
            self.word,
            heads[stays].tobytes() + (newer.heads if newer else b""),
            kept.tobytes() + (newer.packed if newer else b""),
        )

    def spans(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Give each document, and one more than its last passage that has the word."""
        import numpy as np

        heads = np.frombuffer(self.heads, _head_type())
        sizes = heads["size"].astype(np.int64) // _POSTING.size
        ordinals = np.frombuffer(self.packed, _posting_type())["ordinal"].astype(np.int64)
        return heads["id"], np.maximum.reduceat(ordinals, np.cumsum(sizes) - sizes) + 1

    def kept_back(self) -> NDArray[Any]:
        """Give the documents that the filter does not let through."""
        import numpy as np

        heads = np.frombuffer(self.heads, _head_type())
        ids: NDArray[Any] = heads["id"][~heads["wanted"]]
        return ids

    def weights(self, layout: Layout, average_length: float) -> Weights:
        """Take the postings apart; done once for as long as layout and average stay the same.

        A word that stands in hundreds of thousands of passages takes milliseconds, so postings
        that are kept are kept together with this.
        """
        for found in self._read:
            if found.layout is layout and found.average_length == average_length:
                return found
        made = Weights.of(self, layout, average_length)
        # Searches in other threads do the same, perhaps by another layout.
        self._read[:] = [made]
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What BM25 knows of the whole collection of one owner."""

    passages: int
    words: int
    languages: tuple[str, ...]
    layout: Layout | None = field(default=None, compare=False, repr=False)
    """Where each passage stands, if all are many; None leaves it to the postings of a query."""

    @property
    def average_length(self) -> float:
        """Words a passage, on average."""
        return self.words / self.passages if self.passages else 0.0


def inverse_frequency(passages: int, containing: int) -> float:
    """Weigh a word by how few passages have it."""
    return math.log(1.0 + (passages - containing + 0.5) / (containing + 0.5))


def pack_postings(entries: Iterable[tuple[int, int, int]]) -> bytes:
    """Pack `(ordinal, frequency, length)` of one word in one document."""
    return b"".join(
        _POSTING.pack(ordinal, min(frequency, 0xFFFF), min(length, 0xFFFF))
        for ordinal, frequency, length in entries
    )


@dataclass(frozen=True, slots=True)
class TextScores:
    """BM25 of every passage that has a word of the query and passes the filter.

    Shape: `scores` has a number for each place of the layout, and is 0 where no word occurs.
    """

    layout: Layout | None = None
    scores: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        import numpy as np

        return 0 if self.scores is None else int(np.count_nonzero(self.scores))

    def top(self, limit: int) -> dict[PassageKey, float]:
        """Give the highest scores, best first; equal ones in the order of their keys."""
        import numpy as np

        if self.scores is None or self.layout is None:
            return {}
        least = max(self.scores[highest(self.scores, limit)].min(initial=np.inf), _LEAST)
        places = np.flatnonzero(self.scores >= least)
        places = places[np.lexsort((places, -self.scores[places]))[:limit]]
        return dict(zip(self.layout.keys(places), self.scores[places].tolist(), strict=True))

    def score(self, passage: PassageKey) -> float:
        """Give one passage's score; 0 where no word of the query occurs in it."""
        return self.score_each([passage])[0]

    def score_each(self, passages: Sequence[PassageKey]) -> list[float]:
        """Give the score of each passage."""
        import numpy as np

        if self.scores is None or self.layout is None or not len(self.scores):
            return [0.0] * len(passages)
        places = self.layout.places(passages)
        scores: list[float] = np.where(places < 0, 0.0, self.scores[places]).tolist()
        return scores


def score_bm25(
    words: Mapping[str, tuple[str, ...]], postings: Sequence[Postings], statistics: Statistics
) -> TextScores:
    """Score every passage that has a word of the query and passes the filter.

    Shape: `words` maps each word of the query to its keys in the collection's languages, as
    `query_keys` gives them. A word's keys count as one word: a passage has one language.
    """
    import numpy as np

    by_key = {each.word: each for each in postings if each.heads}
    if not by_key:
        return TextScores()
    layout = statistics.layout or _layout_of(list(by_key.values()))
    scores = np.zeros(layout.size, np.float32)
    for keys in words.values():
        found = [by_key[key] for key in keys if key in by_key]
        rarity = inverse_frequency(statistics.passages, sum(each.passages for each in found))
        for each in found:
            each.weights(layout, statistics.average_length).add_to(scores, rarity)
    kept_back = np.unique(np.concatenate([each.kept_back() for each in by_key.values()]))
    if len(kept_back):
        hidden = np.isin(layout.documents, kept_back)
        scores[np.repeat(hidden, np.diff(layout.starts))] = 0.0
    return TextScores(layout, scores)


@dataclass(frozen=True, slots=True)
class Weights:
    """A word's part in the score of each passage, before its rarity; below K1 + 1.

    Shape: a number a passage that has the word, at its place among `places`; a word that stands in
    many has a number for every place of the layout instead, and `places` is None.
    """

    layout: Layout
    average_length: float
    places: NDArray[np.int32] | None
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, postings: Postings, layout: Layout, average_length: float) -> Weights:
        """Read the postings, in a collection whose passages have so many words on average."""
        import numpy as np

        heads = np.frombuffer(postings.heads, _head_type())
        rows = np.frombuffer(postings.packed, _posting_type())
        first = layout.starts[np.searchsorted(layout.documents, heads["id"])]
        places = np.repeat(first, heads["size"] // _POSTING.size) + rows["ordinal"]
        frequency = rows["frequency"].astype(np.float32)
        norm = np.float32(K1 * B / average_length) * rows["length"] + np.float32(K1 * (1.0 - B))
        weights = (np.float32(K1 + 1.0) * frequency / (frequency + norm)).astype(np.float32)
        if len(places) * _DENSE < layout.size:
            return cls(layout, average_length, places.astype(np.int32), weights)
        dense = np.zeros(layout.size, np.float32)
        dense[places] = weights
        return cls(layout, average_length, None, dense)

    def add_to(self, scores: NDArray[np.float32], rarity: float) -> None:
        """Add the word's part of every passage's score."""
        import numpy as np

        part = self.weights * np.float32(rarity)
        if self.places is None:
            scores += part
        else:
            # A word stands once in a passage's postings, so no place is met twice.
            scores[self.places] += part


def _layout_of(postings: Sequence[Postings]) -> Layout:
    """Lay out what postings speak of: each document up to its last passage that has a word."""
    import numpy as np

    parts = [each.spans() for each in postings]
    ids, owners = np.unique(np.concatenate([part[0] for part in parts]), return_inverse=True)
    longest = np.zeros(len(ids), np.int64)
    np.maximum.at(longest, owners, np.concatenate([part[1] for part in parts]))
    return Layout.of(ids, longest)


def _head_type() -> np.dtype[Any]:
    import numpy as np

    return np.dtype([("id", "S16"), ("size", ">u4"), ("wanted", "?")])


def _posting_type() -> np.dtype[Any]:
    import numpy as np

    return np.dtype([("ordinal", "<u4"), ("frequency", "<u2"), ("length", "<u2")])
