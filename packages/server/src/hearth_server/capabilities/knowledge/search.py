"""One search: both legs within one view of the owner's passages, fused, reranked, explained."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID

from hearth_server.capabilities.knowledge.bm25 import Statistics, TextScores, score_bm25
from hearth_server.capabilities.knowledge.errors import (
    BadLabelError,
    EmbedderDownError,
    EmptyTextError,
    RerankerDownError,
)
from hearth_server.capabilities.knowledge.hits import (
    Legs,
    Ranked,
    Read,
    make_hit,
    make_left_out,
)
from hearth_server.capabilities.knowledge.model import (
    LIKE,
    EmbedderInfo,
    Filter,
    Found,
    Fusion,
    PassageKey,
    SearchType,
)
from hearth_server.capabilities.knowledge.ports import Embedder, PassageIndex, Passages, Reranker
from hearth_server.capabilities.knowledge.ranking import best, fuse_ranks, fuse_weighted
from hearth_server.capabilities.knowledge.split import embedded_text
from hearth_server.capabilities.knowledge.words import query_keys

MAX_QUERY: Final = 4_000
MAX_HITS: Final = 100
MAX_NEIGHBOURS: Final = 3
MAX_LEFT_OUT: Final = 20
_POOL_FACTOR: Final = 5
_MIN_POOL: Final = 50
NOT_RERANKED: Final = "the reranker does not answer: the order is that of words and meaning"
_LOG: Final = logging.getLogger(__name__)
_QUICK: Final = 64 * 1024
"""Bytes of postings that are scored in under a millisecond, less than a thread would cost."""

RERANKED: Final = 20
"""How many of the first are reranked; each costs as much as embedding a passage, or more."""

Result = TypeVar("Result")

_FUSIONS: Final = {"weighted": fuse_weighted, "rrf": fuse_ranks}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is sought, checked."""

    query: str
    count: int = 5
    search_type: SearchType = "hybrid"
    fusion: Fusion = "weighted"
    vector_weight: float | None = None
    """How much vectors count beside words, from 0 to 1; None leaves it to the embedder."""
    only: Filter = field(default_factory=Filter)
    neighbours: int = 0
    left_out: int = 0
    """How many passages after the hits to tell of, with the reason."""
    rerank: bool = True
    """Whether the reranker has the last word, where there is one and both legs are searched."""

    def __post_init__(self) -> None:
        if not self.query.strip():
            msg = "query: is empty, expected at least one word"
            raise EmptyTextError(msg)
        if len(self.query) > MAX_QUERY:
            msg = f"query: has {len(self.query)} characters, at most {MAX_QUERY} are allowed"
            raise BadLabelError(msg)
        _check("match_count", self.count, 1, MAX_HITS)
        _check("neighbours", self.neighbours, 0, MAX_NEIGHBOURS)
        _check("left_out", self.left_out, 0, MAX_LEFT_OUT)


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a query means, to one embedder."""

    vector: Sequence[float]
    info: EmbedderInfo


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a reranker thinks."""

    name: str
    scores: Mapping[PassageKey, float]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One search on its way: the question and all that was learned for it."""

    index: PassageIndex
    question: Question
    meant: _Meant | None
    words: Mapping[str, tuple[str, ...]]
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class _ByWords:
    """What words say: of every passage, and the first ones, best first."""

    all: TextScores
    first: dict[PassageKey, float]


class Searcher:
    """Finds passages; holds no state of its own."""

    def __init__(
        self, passages: Passages, embedder: Embedder, reranker: Reranker | None = None
    ) -> None:
        self._passages = passages
        self._embedder = embedder
        self._reranker = reranker

    async def search(self, owner: UUID, question: Question) -> Found:
        """Find the passages of one owner that answer best.

        While the embedder is down, a hybrid search goes by words alone, and says so; without the
        reranker it keeps the order of its legs, and says so too.

        Raises:
            EmbedderDownError: only vectors were asked for and the embedder does not answer.
        """
        is_reranked = question.rerank and question.search_type == "hybrid"
        reranker = self._reranker if is_reranked else None
        meant = None if question.search_type == "text" else await self._mean(question)
        async with self._passages.view(owner) as index:
            statistics = await index.statistics()
            words = query_keys(question.query, statistics.languages)
            legs = await self._run(_Asked(index, question, meant, words, statistics))
            fused = _fuse(legs, question)
            wanted = question.count + question.left_out
            first = best(fused, wanted if reranker is None else max(wanted, RERANKED))
            read = await index.read([key for key, _ in first], neighbours=question.neighbours)
        keys = [key for key, _ in first if key in read]
        # Outside of the view: a model takes its time, and a connection is held for as long.
        judged = await _rerank(reranker, question.query, keys[:RERANKED], read)
        ranked = Ranked(
            legs=legs,
            fused=fused,
            places={key: place for place, key in enumerate(keys, start=1)},
            rerank=judged.scores if judged else {},
        )
        order = ranked.order[:wanted]
        known = frozenset(key for keys_of_word in words.values() for key in keys_of_word)
        return Found(
            query=question.query,
            hits=tuple(
                make_hit(key, ranked, read, words=known, neighbours=question.neighbours)
                for key in order[: question.count]
            ),
            search_type=question.search_type,
            fusion=question.fusion,
            embedder=meant.info.name if meant else "",
            like=meant.info.like if meant else LIKE,
            by_spelling=bool(meant and meant.info.by_spelling),
            reranker=judged.name if judged else "",
            searched_passages=statistics.passages,
            note=_note(statistics.passages, legs, question, meant)
            or (NOT_RERANKED if reranker and not judged else ""),
            left_out=tuple(
                make_left_out(read[key], ranked, place=place, count=question.count)
                for place, key in enumerate(order, start=1)
                if place > question.count
            ),
        )

    async def _mean(self, question: Question) -> _Meant | None:
        try:
            info = await self._embedder.info()
            vector = await self._embedder.embed_query(question.query)
        except EmbedderDownError:
            if question.search_type == "vector":
                raise
            return None
        return _Meant(vector.tolist(), info)

    async def _run(self, asked: _Asked) -> Legs:
        index, question, meant = asked.index, asked.question, asked.meant
        pool = max(_MIN_POOL, question.count * _POOL_FACTOR)
        if meant is None:
            by_words = await self._score_text(asked, pool)
            return Legs(weight=0.0, vector=None, text=by_words.first)
        if question.search_type == "vector":
            cosines = await index.nearest(meant.vector, meant.info, question.only, limit=pool)
            return Legs(weight=1.0, vector=cosines, text=None)
        # Each candidate gets its true score in the leg that did not bring it forward: a passage
        # just outside the other leg's first ones must not count as if it had nothing there.
        async with _beside(self._score_text(asked, pool)) as scoring:

            async def found_by_words() -> Iterable[PassageKey]:
                return (await scoring).first

            cosines = await index.nearest(
                meant.vector, meant.info, question.only, limit=pool, also=found_by_words
            )
            by_words = await scoring
        texts = dict(by_words.first)
        others = [key for key in cosines if key not in texts]
        texts |= zip(others, by_words.all.score_each(others), strict=True)
        wished = question.vector_weight
        weight = meant.info.weight if wished is None else wished
        return Legs(weight=weight, vector=cosines, text=texts)

    async def _score_text(self, asked: _Asked, pool: int) -> _ByWords:
        if not asked.words:
            return _ByWords(TextScores(), {})
        keys = sorted({key for keys_of_word in asked.words.values() for key in keys_of_word})
        postings = await asked.index.postings(keys, asked.question.only)

        def score() -> _ByWords:
            scores = score_bm25(asked.words, postings, asked.statistics)
            return _ByWords(scores, scores.top(pool))

        is_quick = sum(len(entry.packed) for entry in postings) <= _QUICK
        return score() if is_quick else await asyncio.to_thread(score)


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, Result]) -> AsyncIterator[asyncio.Task[Result]]:
    """Do something at the same time as what stands in the block, and not longer."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        msg = f"{name}: is `{value}`, expected {low} to {high}"
        raise BadLabelError(msg)


def _fuse(legs: Legs, question: Question) -> dict[PassageKey, float]:
    if legs.vector is None or legs.text is None:
        # One leg alone keeps its order, stretched so that `fused` always means the same.
        return fuse_weighted(legs.vector or {}, legs.text or {}, vector_weight=legs.weight)
    candidates = legs.text
    if question.fusion == "rrf":
        candidates = {key: score for key, score in legs.text.items() if score > 0}
    return _FUSIONS[question.fusion](legs.vector, candidates, vector_weight=legs.weight)


async def _rerank(
    reranker: Reranker | None, query: str, keys: Sequence[PassageKey], read: Read
) -> _Judged | None:
    """Ask what the reranker thinks of the first; None where there is none, or it is down."""
    if reranker is None:
        return None
    if not keys:
        return _Judged("", {})
    texts = [embedded_text(read[key].passage, read[key].title) for key in keys]
    try:
        scores = await reranker.score(query, texts)
        return _Judged(await reranker.name(), dict(zip(keys, scores, strict=True)))
    except RerankerDownError as error:
        _LOG.warning("the order of the legs is kept: %s", error)
        return None


def _note(passages: int, legs: Legs, question: Question, meant: _Meant | None) -> str:
    if not passages:
        return "you have no documents that are ready to be searched"
    if question.search_type == "hybrid" and meant is None:
        return "the embedder does not answer: only words were searched"
    if meant and not legs.vector and question.only.is_empty:
        name = meant.info.name
        return f"your documents were not embedded by `{name}`: only their words were searched"
    if not (legs.vector or legs.text):
        return "nothing passes the filter or has a word of the query"
    return ""
