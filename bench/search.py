"""Search at 50,000 passages: latency and recall for a small owner and a large one, beside bm25s.

Starts a PostgreSQL of its own, loads synthetic documents (words by Zipf's law, topics by cluster),
and asks through the same service function that the tool calls: embedding of the query, both legs,
fusion, texts, highlights. Recall is against every vector of the owner compared in numpy.

    python bench/search.py [--passages 50000] [--queries 200] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import numpy as np
from collection import (
    SMALL,
    Owner,
    Vocabulary,
    load,
    make_owners,
    make_queries,
    make_vocabulary,
    texts_of,
)
from hearth_server.adapters.builtin.embedder import INFO, BuiltinEmbedder, embed_texts
from hearth_server.adapters.postgres.passages import PostgresPassages
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.knowledge.model import Filter
from hearth_server.capabilities.knowledge.search import Question, Searcher
from hearth_server.testing.postgres import Urls, running_postgres

__all__ = ["SMALL", "Result", "Row", "run_all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; times in milliseconds."""

    owner: str
    passages: int
    what: str
    p50: float
    p99: float
    recall_at_10: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run gave."""

    load_seconds: float
    rows: list[Row]


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--passages", type=int, default=50_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run_all(passages=options.passages, queries=options.queries)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print_table(result)
    return 0


def run_all(*, passages: int, queries: int) -> Result:
    """Make the collection, load it into a database of its own, and measure."""
    random = np.random.default_rng(7)
    vocabulary = make_vocabulary(random)
    owners = make_owners(random, vocabulary, passages)
    with running_postgres(settings=("fsync=off", "synchronous_commit=off")) as postgres:
        urls = postgres.create()
        seconds = load(urls, vocabulary, owners)
        asked = {owner.id: make_queries(random, vocabulary, owner, queries) for owner in owners[:2]}
        rows = asyncio.run(measure(urls, vocabulary, owners[:2], asked))
    return Result(load_seconds=seconds, rows=rows)


async def measure(
    urls: Urls, vocabulary: Vocabulary, owners: Sequence[Owner], queries: dict[UUID, list[str]]
) -> list[Row]:
    """Ask every query of each owner in each way."""
    database = Database(urls.app)
    await database.open()
    passages = PostgresPassages(database)
    searcher = Searcher(passages, BuiltinEmbedder())
    rows = []
    for owner in owners:
        asked = queries[owner.id]
        for kind in ("hybrid", "vector", "text"):
            times = [await timed_search(searcher, owner.id, query, kind) for query in asked]
            recall = await measure_recall(passages, owner, asked) if kind == "vector" else None
            rows.append(row_of(owner, f"hearth {kind}", times, recall))
        if importlib.util.find_spec("bm25s"):
            peer = time_bm25s(texts_of(vocabulary, owner), asked)
            rows.append(row_of(owner, "bm25s (words only, in memory)", peer))
    await database.close()
    return rows


async def timed_search(searcher: Searcher, owner: UUID, query: str, kind: str) -> float:
    """Give the milliseconds of one search."""
    start = time.perf_counter()
    found = await searcher.search(owner, Question(query=query, count=10, search_type=kind))
    elapsed = (time.perf_counter() - start) * 1000
    if len(found.hits) < 10 and kind != "text":
        print(f"only {len(found.hits)} hits for {query!r}", file=sys.stderr)
    return elapsed


async def measure_recall(passages: PostgresPassages, owner: Owner, queries: Sequence[str]) -> float:
    """Give the share of the ten truly closest passages that the index gives."""
    shares = []
    for vector in embed_texts(queries):
        truth = np.sort(owner.vectors @ vector)[::-1][9]
        async with passages.view(owner.id) as index:
            found = await index.nearest(vector.tolist(), INFO, Filter(), limit=10)
        # Equal scores are interchangeable: what counts is to be as close as the tenth closest.
        shares.append(sum(score >= truth - 1e-5 for score in found.values()) / 10)
    return round(float(np.mean(shares)), 4)


def time_bm25s(texts: list[str], queries: Sequence[str]) -> list[float]:
    """Give the milliseconds of each query in bm25s over the same texts."""
    import bm25s

    retriever = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    retriever.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)

    def ask(query: str) -> None:
        tokens = bm25s.tokenize([query], show_progress=False)
        retriever.retrieve(tokens, k=10, show_progress=False)

    return [timed(lambda query=query: ask(query)) for query in queries]


def timed(action: Callable[[], None]) -> float:
    """Give the milliseconds that an action takes."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def row_of(owner: Owner, what: str, times: Sequence[float], recall: float | None = None) -> Row:
    """Sum up times, the first ten of which warm the caches."""
    warm = times[10:] if len(times) > 20 else times
    return Row(
        owner=owner.name,
        passages=len(owner.words),
        what=what,
        p50=round(float(np.percentile(warm, 50)), 2),
        p99=round(float(np.percentile(warm, 99)), 2),
        recall_at_10=recall,
    )


def print_table(result: Result) -> None:
    """Print a line a measurement."""
    print(f"loaded in {result.load_seconds} s; milliseconds, warm")
    rows = result.rows
    heads = ("owner", "passages", "what", "p50", "p99", "recall@10")
    lines = [
        heads,
        *(tuple("" if v is None else str(v) for v in asdict(row).values()) for row in rows),
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


if __name__ == "__main__":
    sys.exit(main())
