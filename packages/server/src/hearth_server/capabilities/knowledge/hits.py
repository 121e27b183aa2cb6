"""From places and scores to what a caller is shown: hits, and what was left out and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hearth_server.capabilities.knowledge.model import (
    Citation,
    Hit,
    LeftOut,
    PassageKey,
    Scores,
    StoredPassage,
)
from hearth_server.capabilities.knowledge.ranking import find_highlights
from hearth_server.capabilities.knowledge.videos import YOUTUBE, address_at

Read = Mapping[PassageKey, StoredPassage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """Scores of every candidate in each leg that ran; None for one that did not."""

    weight: float
    """How much vectors count where both legs ran."""
    vector: dict[PassageKey, float] | None
    text: dict[PassageKey, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Candidates in their order, and all that made it."""

    legs: Legs
    fused: Mapping[PassageKey, float]
    places: Mapping[PassageKey, int]
    """Where the legs together put each, from 1 on."""
    rerank: Mapping[PassageKey, float]
    """What the reranker thinks of those that it was asked about."""

    @property
    def order(self) -> list[PassageKey]:
        """Give the best first: what was reranked, then what was not."""

        def by_place(key: PassageKey) -> tuple[bool, float, int]:
            return key not in self.rerank, -self.rerank.get(key, 0.0), self.places[key]

        return sorted(self.places, key=by_place)


def make_hit(
    key: PassageKey, ranked: Ranked, read: Read, *, words: frozenset[str], neighbours: int
) -> Hit:
    """Show a passage with its scores, what of it matched, and what stands around it."""
    stored = read[key]
    passage = stored.passage
    return Hit(
        text=passage.text,
        citation=_citation(stored),
        scores=_scores(key, ranked),
        highlights=find_highlights(passage.text, stored.language, words),
        before=_around(key, read, range(-neighbours, 0)),
        after=_around(key, read, range(1, neighbours + 1)),
    )


def make_left_out(stored: StoredPassage, ranked: Ranked, *, place: int, count: int) -> LeftOut:
    """Show a passage that came after those that were asked for, and say why it did."""
    scores = _scores(stored.key, ranked)
    reasons = [f"stands at place {place}, and {count} were asked for"]
    if scores.rerank is not None and scores.fused_rank is not None and scores.fused_rank < place:
        reasons.append(f"reranked below others, from place {scores.fused_rank}")
    if ranked.rerank and scores.rerank is None:
        reasons.append("too far behind to be reranked")
    if ranked.legs.text is not None and not scores.text:
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
        source=_source(stored),
        page=stored.passage.page,
        headings=stored.passage.headings,
        ordinal=stored.key.ordinal,
    )


def _source(stored: StoredPassage) -> str:
    is_video = stored.source_type == YOUTUBE
    return address_at(stored.source, stored.passage.headings) if is_video else stored.source


def _scores(key: PassageKey, ranked: Ranked) -> Scores:
    return Scores(
        fused=round(ranked.fused[key], 6),
        fused_rank=ranked.places[key],
        vector=_score(key, ranked.legs.vector),
        vector_rank=_rank(key, ranked.legs.vector),
        text=_score(key, ranked.legs.text),
        text_rank=_rank(key, ranked.legs.text),
        rerank=_score(key, ranked.rerank),
    )


def _around(key: PassageKey, read: Read, offsets: range) -> str:
    keys = [
        PassageKey(document_id=key.document_id, ordinal=key.ordinal + offset) for offset in offsets
    ]
    return "\n\n".join(read[each].passage.text for each in keys if each in read)


def _score(key: PassageKey, leg: Mapping[PassageKey, float] | None) -> float | None:
    return None if leg is None or key not in leg else round(leg[key], 6)


def _rank(key: PassageKey, leg: Mapping[PassageKey, float] | None) -> int | None:
    if leg is None or leg.get(key, 0.0) == 0.0:
        return None
    mine = leg[key]
    return 1 + sum(1 for score in leg.values() if score > mine)
