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

from hearth_server.capabilities.knowledge.model import PassageKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

K1: Final = 1.2
B: Final = 0.75
_POSTING: Final = struct.Struct("<IHH")
_HEAD: Final = struct.Struct(">16sI?")


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
    _read: dict[float, Columns] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, word: str, entries: Iterable[tuple[UUID, bool, bytes]]) -> Postings:
        """Put a word's documents together: id, whether the filter lets it through, postings."""
        found = list(entries)
        return cls(
            word,
            b"".join(_HEAD.pack(each.bytes, len(packed), wanted) for each, wanted, packed in found),
            b"".join(packed for _, _, packed in found),
        )

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
        heads["wanted"] = np.isin(heads["id"], _id_array(documents))
        return Postings(self.word, heads.tobytes(), self.packed)

    def replacing(self, documents: Iterable[UUID], newer: Postings | None) -> Postings:
        """Give the postings without those of some documents, and with newer ones."""
        import numpy as np

        heads = np.frombuffer(self.heads, _head_type())
        stays = ~np.isin(heads["id"], _id_array(documents))
        rows = np.frombuffer(self.packed, _posting_type())
        kept = rows[np.repeat(stays, heads["size"] // _POSTING.size)]
        return Postings(
            self.word,
            heads[stays].tobytes() + (newer.heads if newer else b""),
            kept.tobytes() + (newer.packed if newer else b""),
        )

    def columns(self, average_length: float) -> Columns:
        """Take the postings apart that pass; done once for as long as the average stays the same.

        A word that stands in hundreds of thousands of passages takes milliseconds, so postings
        that are kept are kept together with this.
        """
        found = self._read.get(average_length)
        if found is None:
            self._read.clear()
            found = self._read[average_length] = Columns.of(self, average_length)
        return found


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


def pack_postings(entries: Iterable[tuple[int, int, int]]) -> bytes:
    """Pack `(ordinal, frequency, length)` of one word in one document."""
    return b"".join(
        _POSTING.pack(ordinal, min(frequency, 0xFFFF), min(length, 0xFFFF))
        for ordinal, frequency, length in entries
    )


@dataclass(frozen=True, slots=True)
class TextScores:
    """BM25 of every passage that has a word of the query and passes the filter.

    Shape: `documents` are ids as bytes, sorted; `scores` has a place for each passage of each, from
    `starts` of its document on, and is 0 where no word occurs.
    """

    documents: NDArray[Any] | None = None
    starts: NDArray[np.int64] | None = None
    scores: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        import numpy as np

        return 0 if self.scores is None else int(np.count_nonzero(self.scores))

    def top(self, limit: int) -> dict[PassageKey, float]:
        """Give the highest scores, best first; equal ones in the order of their keys."""
        import numpy as np

        if self.scores is None or self.starts is None or self.documents is None:
            return {}
        found = len(self)
        limit = min(limit, found)
        if not limit:
            return {}
        least = np.partition(self.scores, len(self.scores) - limit)[len(self.scores) - limit]
        places = np.flatnonzero(self.scores >= least)
        places = places[np.lexsort((places, -self.scores[places]))[:limit]]
        owners = np.searchsorted(self.starts, places, side="right") - 1
        return {
            PassageKey(document_id=_id(self.documents[owner]), ordinal=place - int(start)): score
            for owner, start, place, score in zip(
                owners.tolist(),
                self.starts[owners].tolist(),
                places.tolist(),
                self.scores[places].tolist(),
                strict=True,
            )
        }

    def score(self, passage: PassageKey) -> float:
        """Give one passage's score; 0 where no word of the query occurs in it."""
        import numpy as np

        if self.scores is None or self.starts is None or self.documents is None:
            return 0.0
        sought = np.array([passage.document_id.bytes], "S16")
        owner = int(np.searchsorted(self.documents, sought)[0])
        if owner == len(self.documents) or self.documents[owner] != sought[0]:
            return 0.0
        place = int(self.starts[owner]) + passage.ordinal
        return float(self.scores[place]) if place < self.starts[owner + 1] else 0.0


def score_bm25(
    words: Mapping[str, tuple[str, ...]], postings: Sequence[Postings], statistics: Statistics
) -> TextScores:
    """Score every passage that has a word of the query and passes the filter.

    Shape: `words` maps each word of the query to its keys in the collection's languages, as
    `query_keys` gives them. A word's keys count as one word: a passage has one language.
    """
    import numpy as np

    by_key = {each.word: each for each in postings}
    terms: list[tuple[float, Columns]] = []
    for keys in words.values():
        found = [by_key[key] for key in keys if key in by_key]
        rarity = inverse_frequency(statistics.passages, sum(each.passages for each in found))
        columns = (each.columns(statistics.average_length) for each in found)
        terms += [(rarity, each) for each in columns if len(each.documents)]
    if not terms:
        return TextScores()
    documents, owners = np.unique(
        np.concatenate([term.documents for _, term in terms]), return_inverse=True
    )
    longest = np.zeros(len(documents), np.int64)
    np.maximum.at(longest, owners, np.concatenate([term.spans for _, term in terms]))
    starts = np.concatenate([[0], np.cumsum(longest)])
    scores = np.zeros(int(starts[-1]))
    at = 0
    for rarity, term in terms:
        first = starts[owners[at : at + len(term.documents)]]
        # A word stands once in a passage's postings, so no place is met twice.
        scores[np.repeat(first, term.sizes) + term.ordinals] += rarity * term.weights
        at += len(term.documents)
    return TextScores(documents, starts, scores)


@dataclass(frozen=True, slots=True)
class Columns:
    """A word's postings in the documents that pass: a row a document, then a row a passage."""

    documents: NDArray[Any]
    sizes: NDArray[np.int64]
    spans: NDArray[np.int64]
    """One more than the document's last passage that has the word."""
    ordinals: NDArray[np.int64]
    weights: NDArray[np.float64]
    """Each passage's part in the score, before the word's rarity; below K1 + 1."""

    @classmethod
    def of(cls, postings: Postings, average_length: float) -> Columns:
        """Read the postings, in a collection whose passages have so many words on average."""
        import numpy as np

        heads = np.frombuffer(postings.heads, _head_type())
        rows = np.frombuffer(postings.packed, _posting_type())
        sizes = heads["size"].astype(np.int64) // _POSTING.size
        if not heads["wanted"].all():
            rows = rows[np.repeat(heads["wanted"], sizes)]
            heads, sizes = heads[heads["wanted"]], sizes[heads["wanted"]]
        ordinals = rows["ordinal"].astype(np.int64)
        ends = np.cumsum(sizes) - sizes
        spans = np.maximum.reduceat(ordinals, ends) + 1 if len(sizes) else sizes
        frequency = rows["frequency"].astype(np.float64)
        norm = K1 * (1.0 - B + B / average_length * rows["length"])
        weights = (K1 + 1.0) * frequency / (frequency + norm)
        return cls(heads["id"], sizes, spans, ordinals, weights)


def _head_type() -> np.dtype[Any]:
    import numpy as np

    return np.dtype([("id", "S16"), ("size", ">u4"), ("wanted", "?")])


def _posting_type() -> np.dtype[Any]:
    import numpy as np

    return np.dtype([("ordinal", "<u4"), ("frequency", "<u2"), ("length", "<u2")])


def _id_array(documents: Iterable[UUID]) -> NDArray[Any]:
    import numpy as np

    return np.array([each.bytes for each in documents], "S16")


def _id(raw: bytes) -> UUID:
    return UUID(bytes=raw.ljust(16, b"\0"))  # numpy drops the zeros that an id ends with
