"""One search: both legs within one view of the owner's passages, fused, cited, explained."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from hearth_server.capabilities.knowledge.bm25 import Statistics, TextScores, score_bm25
from hearth_server.capabilities.knowledge.errors import (
    BadLabelError,
    EmbedderDownError,
    EmptyTextError,
)
from hearth_server.capabilities.knowledge.model import (
    Citation,
    EmbedderInfo,
    Filter,
    Found,
    Fusion,
    Hit,
    LeftOut,
    PassageKey,
    Scores,
    SearchType,
    StoredPassage,
)
from hearth_server.capabilities.knowledge.ports import Embedder, PassageIndex, Passages
from hearth_server.capabilities.knowledge.ranking import (
    best,
    find_highlights,
    fuse_ranks,
    fuse_weighted,
)
from hearth_server.capabilities.knowledge.words import query_keys

MAX_QUERY: Final = 4_000
MAX_HITS: Final = 100
MAX_NEIGHBOURS: Final = 3
MAX_LEFT_OUT: Final = 20
_POOL_FACTOR: Final = 5
_MIN_POOL: Final = 50
_QUICK: Final = 64 * 1024
"""Bytes of postings that are scored in under a millisecond, less than a thread would cost."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Legs:
    """Scores of every candidate in each leg that ran; None for one that did not."""

    weight: float
    """How much vectors count where both legs ran."""
    vector: dict[PassageKey, float] | None
    text: dict[PassageKey, float] | None


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a query means, to one embedder."""

    vector: Sequence[float]
    info: EmbedderInfo


@dataclass(frozen=True, slots=True)
class _Asked:
    """One search on its way: the question and all that was learned for it."""

    index: PassageIndex
    question: Question
    meant: _Meant | None
    words: Mapping[str, tuple[str, ...]]
    statistics: Statistics


class Searcher:
    """Finds passages; holds no state of its own."""

    def __init__(self, passages: Passages, embedder: Embedder) -> None:
        self._passages = passages
        self._embedder = embedder

    async def search(self, owner: UUID, question: Question) -> Found:
        """Find the passages of one owner that answer best.

        While the embedder is down, a hybrid search goes by words alone, and says so.

        Raises:
            EmbedderDownError: only vectors were asked for and the embedder does not answer.
        """
        meant = None if question.search_type == "text" else await self._mean(question)
        async with self._passages.view(owner) as index:
            statistics = await index.statistics()
            words = query_keys(question.query, statistics.languages)
            legs = await self._run(_Asked(index, question, meant, words, statistics))
            fused = _fuse(legs, question)
            ranked = [key for key, _ in best(fused, question.count + question.left_out)]
            keys, rest = ranked[: question.count], ranked[question.count :]
            read = await index.read(keys, neighbours=question.neighbours)
            beyond = await index.read(rest) if rest else {}
        known = frozenset(key for keys_of_word in words.values() for key in keys_of_word)
        hits = tuple(_hit(key, read, fused, legs, known, question) for key in keys if key in read)
        return Found(
            query=question.query,
            hits=hits,
            search_type=question.search_type,
            fusion=question.fusion,
            embedder=meant.info.name if meant else "",
            searched_passages=statistics.passages,
            note=_note(statistics.passages, legs, question, meant),
            left_out=tuple(
                _left_out(beyond[key], place, fused, legs, question)
                for place, key in enumerate(rest, start=question.count + 1)
                if key in beyond
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

    async def _run(self, asked: _Asked) -> _Legs:
        index, question, meant = asked.index, asked.question, asked.meant
        pool = max(_MIN_POOL, question.count * _POOL_FACTOR)
        cosines: dict[PassageKey, float] | None = None
        if meant is not None:
            cosines = await index.nearest(meant.vector, meant.info, question.only, limit=pool)
        if question.search_type == "vector":
            return _Legs(weight=1.0, vector=cosines, text=None)
        bm25 = await self._score_text(asked)
        texts = bm25.top(pool)
        if meant is None or cosines is None:
            return _Legs(weight=0.0, vector=None, text=texts)
        # Each candidate gets its true score in the leg that did not bring it forward: a passage
        # just outside the other leg's first ones must not count as if it had nothing there.
        missing = [key for key in texts if key not in cosines]
        cosines |= await index.similarities(meant.vector, meant.info, missing)
        texts |= {key: bm25.score(key) for key in cosines if key not in texts}
        wished = question.vector_weight
        weight = meant.info.weight if wished is None else wished
        return _Legs(weight=weight, vector=cosines, text=texts)

    async def _score_text(self, asked: _Asked) -> TextScores:
        if not asked.words:
            return TextScores()
        keys = sorted({key for keys_of_word in asked.words.values() for key in keys_of_word})
        postings = await asked.index.postings(keys, asked.question.only)
        if sum(len(entry.packed) for entry in postings) <= _QUICK:
            return score_bm25(asked.words, postings, asked.statistics)
        return await asyncio.to_thread(score_bm25, asked.words, postings, asked.statistics)


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        msg = f"{name}: is `{value}`, expected {low} to {high}"
        raise BadLabelError(msg)


def _fuse(legs: _Legs, question: Question) -> dict[PassageKey, float]:
    if legs.vector is None or legs.text is None:
        # One leg alone keeps its order, stretched so that `fused` always means the same.
        return fuse_weighted(legs.vector or {}, legs.text or {}, vector_weight=legs.weight)
    candidates = legs.text
    if question.fusion == "rrf":
        candidates = {key: score for key, score in legs.text.items() if score > 0}
    return _FUSIONS[question.fusion](legs.vector, candidates, vector_weight=legs.weight)


def _hit(
    key: PassageKey,
    read: Mapping[PassageKey, StoredPassage],
    fused: Mapping[PassageKey, float],
    legs: _Legs,
    words: frozenset[str],
    question: Question,
) -> Hit:
    stored = read[key]
    passage = stored.passage
    return Hit(
        text=passage.text,
        citation=_citation(stored),
        scores=_scores(key, fused, legs),
        highlights=find_highlights(passage.text, stored.language, words),
        before=_around(key, read, range(-question.neighbours, 0)),
        after=_around(key, read, range(1, question.neighbours + 1)),
    )


def _left_out(
    stored: StoredPassage,
    place: int,
    fused: Mapping[PassageKey, float],
    legs: _Legs,
    question: Question,
) -> LeftOut:
    scores = _scores(stored.key, fused, legs)
    reasons = [f"stands at place {place}, and {question.count} were asked for"]
    if legs.text is not None and not scores.text:
        reasons.append("it has no word of the query")
    elif scores.text_rank and scores.text_rank > place:
        reasons.append(f"by words it is number {scores.text_rank}")
    if scores.vector_rank and scores.vector_rank > place:
        reasons.append(f"by meaning it is number {scores.vector_rank}")
    return LeftOut(citation=_citation(stored), scores=scores, reason="; ".join(reasons))


def _citation(stored: StoredPassage) -> Citation:
    return Citation(
        document_id=stored.key.document_id,
        title=stored.title,
        source_type=stored.source_type,
        source=stored.source,
        page=stored.passage.page,
        headings=stored.passage.headings,
        ordinal=stored.key.ordinal,
    )


def _scores(key: PassageKey, fused: Mapping[PassageKey, float], legs: _Legs) -> Scores:
    return Scores(
        fused=round(fused[key], 6),
        vector=_score(key, legs.vector),
        vector_rank=_rank(key, legs.vector),
        text=_score(key, legs.text),
        text_rank=_rank(key, legs.text),
    )


def _around(key: PassageKey, read: Mapping[PassageKey, StoredPassage], offsets: range) -> str:
    keys = [
        PassageKey(document_id=key.document_id, ordinal=key.ordinal + offset) for offset in offsets
    ]
    return "\n\n".join(read[each].passage.text for each in keys if each in read)


def _score(key: PassageKey, leg: Mapping[PassageKey, float] | None) -> float | None:
    return None if leg is None or key not in leg else round(leg[key], 6)


def _rank(key: PassageKey, leg: Mapping[PassageKey, float] | None) -> int | None:
    if leg is None or leg.get(key, 0.0) == 0.0:
        return None
    return 1 + sum(1 for score in leg.values() if score > leg[key])


def _note(passages: int, legs: _Legs, question: Question, meant: _Meant | None) -> str:
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
