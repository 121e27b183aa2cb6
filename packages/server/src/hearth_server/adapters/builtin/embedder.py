"""Hashed words and letter groups, projected at random: spelling, not meaning.

Two texts are close when they share words or pieces of words, so it bears typing errors and
inflected forms; it knows no synonyms. It needs no weights, no network and a few microseconds.

Source: Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (ICML 2009), and
Li, Hastie and Church, "Very Sparse Random Projections" (KDD 2006).
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hearth_server.capabilities.knowledge.model import EmbedderInfo
from hearth_server.capabilities.knowledge.vectors import normalise
from hearth_server.capabilities.knowledge.words import count_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSION: Final = 384
# It knows spelling only, so it mends what words miss and must not outvote them: of the weights that
# were tried, this found best what was judged (bench/evaluate.py).
INFO: Final = EmbedderInfo(
    name="builtin-hash-1", dimension=DIMENSION, max_tokens=512, weight=0.2, by_spelling=True
)
_NONZERO: Final = 16
_SHORT: Final = 2_000
_WORD_WEIGHT: Final = 1.0
_PIECE_WEIGHT: Final = 0.6
_TOKEN: Final = re.compile(r"[^\W_]{1,8}|[^\w\s]|_")


class BuiltinEmbedder:
    """The port `Embedder` without weights."""

    async def info(self) -> EmbedderInfo:
        """Say who it is."""
        return INFO

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Count pieces of at most eight letters, and marks."""
        return [len(_TOKEN.findall(text)) for text in texts]

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts in a thread; a query at once, as the thread would cost more than the work."""
        if sum(map(len, texts)) <= _SHORT:
            return embed_texts(texts)
        return await asyncio.to_thread(embed_texts, texts)

    async def embed_query(self, text: str) -> NDArray[np.float32]:
        """Embed a question, which is a text like others here."""
        vector: NDArray[np.float32] = (await self.embed([text]))[0]
        return vector


def embed_texts(texts: Sequence[str]) -> NDArray[np.float32]:
    """Embed texts. Shape: (n, 384) float32, each row of length 1; without words the first axis."""
    import numpy as np

    result = np.zeros((len(texts), DIMENSION), dtype=np.float32)
    for index, text in enumerate(texts):
        counts = count_words(text)
        if counts:
            weights = np.array([1.0 + math.log(count) for count in counts.values()], np.float32)
            result[index] = weights @ np.stack([word_direction(word) for word in counts])
    return normalise(result)


@lru_cache(maxsize=8_192)
def word_direction(word: str) -> NDArray[np.float32]:
    """Add up the directions of a word and of its pieces.

    A feature's direction is 16 of the dimensions, each up or down, fixed by the feature's hash.
    """
    import numpy as np

    framed = f"<{word}>"
    pieces = [f"p:{framed[start : start + 3]}" for start in range(len(framed) - 2)]
    weights = [_WORD_WEIGHT] + [_PIECE_WEIGHT / math.sqrt(len(pieces))] * len(pieces)
    numbers = np.frombuffer(b"".join(map(_digest, [f"w:{word}", *pieces])), dtype="<u2")
    steps = np.repeat(np.array(weights) / math.sqrt(_NONZERO), _NONZERO)
    signs = np.where(numbers & 1, 1.0, -1.0)
    places = (numbers >> 1) % DIMENSION
    vector: NDArray[np.float32] = np.bincount(places, signs * steps, DIMENSION).astype(np.float32)
    return vector


def _digest(feature: str) -> bytes:
    return hashlib.blake2b(feature.encode("utf-8", "replace"), digest_size=2 * _NONZERO).digest()
