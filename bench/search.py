"""Search over a collection: latency and recall for a small owner and a large one, beside bm25s.

Synthetic documents (words by Zipf's law, topics by cluster) in a PostgreSQL of its own are asked
through the same service function that the tool calls: embedding of the query, both legs, fusion,
texts, highlights. Recall is against every vector of the owner compared in numpy. Every query brings
words that nobody asked for before; "again" is the same queries a second time.

    python bench/search.py [--passages 50000] [--queries 200] [--keep FOLDER] [--json]
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
from pathlib import Path
from uuid import UUID

import numpy as np
from collection import LARGE, SMALL, Owner, texts_of
from hearth_server.adapters.builtin.embedder import INFO, BuiltinEmbedder, embed_texts
from hearth_server.adapters.postgres.passages import PostgresPassages
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.knowledge.model import Filter
from hearth_server.capabilities.knowledge.search import Question, Searcher
from kept import Collection, standing
from work import Meter

__all__ = ["LARGE", "PEER_UP_TO", "SMALL", "Result", "Row", "run_all"]

PEER_UP_TO = 50_000
"""Passages of a collection whose texts bm25s still indexes in less than a minute."""
_WAYS = (
    ("hearth hybrid", "hybrid"),
    ("hearth hybrid, again", "hybrid"),
    ("hearth vector", "vector"),
    ("hearth text", "text"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; times in milliseconds, `cpu` of the server and of PostgreSQL."""

    owner: str
    passages: int
    what: str
    least: float
    p25: float
    p50: float
    p99: float
    cpu: float | None = None
    recall_at_10: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run gave."""

    passages: int
    load_seconds: float
    others: float
    """The part of the machine's time that went to others meanwhile, from 0 to 1."""
    rows: list[Row]


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--passages", type=int, default=50_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run_all(passages=options.passages, queries=options.queries, keep=options.keep)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        print_table(result)
    return 0


def run_all(*, passages: int, queries: int, keep: Path | None = None) -> Result:
    """Measure a collection of this size; one that is in the folder `keep` is not made again."""
    with standing(passages, keep=keep) as collection:
        meter = Meter(collection.postgres)
        rows = asyncio.run(measure(collection, queries, meter))
        return Result(
            passages=passages,
            load_seconds=collection.load_seconds,
            others=round(meter.others(), 3),
            rows=rows + peers(collection, queries, passages),
        )


async def measure(collection: Collection, queries: int, meter: Meter) -> list[Row]:
    """Ask every query of each owner in each way."""
    database = Database(collection.urls.app)
    await database.open()
    passages = PostgresPassages(database)
    searcher = Searcher(passages, BuiltinEmbedder())
    rows = []
    for owner in collection.owners:
        asked = collection.queries[owner.id][:queries]
        for what, kind in _WAYS:
            before = meter.own()
            times = [await timed_search(searcher, owner.id, query, kind) for query in asked]
            cpu = round((meter.own() - before) * 1000 / len(asked), 2)
            recall = await measure_recall(passages, owner, asked) if kind == "vector" else None
            rows.append(row_of(owner, what, times, cpu=cpu, recall=recall))
    await database.close()
    return rows


def peers(collection: Collection, queries: int, passages: int) -> list[Row]:
    """Ask the same of bm25s, where it is installed and the collection is not too large for it."""
    if passages > PEER_UP_TO or importlib.util.find_spec("bm25s") is None:
        return []
    return [
        row_of(
            owner,
            "bm25s (words only, in memory)",
            time_bm25s(
                texts_of(collection.vocabulary, owner), collection.queries[owner.id][:queries]
            ),
        )
        for owner in collection.owners
    ]


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


def row_of(
    owner: Owner,
    what: str,
    times: Sequence[float],
    *,
    cpu: float | None = None,
    recall: float | None = None,
) -> Row:
    """Sum up times, the first ten of which warm the caches."""
    warm = times[10:] if len(times) > 20 else times
    least, p25, p50, p99 = (round(float(np.percentile(warm, at)), 2) for at in (0, 25, 50, 99))
    return Row(
        owner=owner.name,
        passages=len(owner.words),
        what=what,
        least=least,
        p25=p25,
        p50=p50,
        p99=p99,
        cpu=cpu,
        recall_at_10=recall,
    )


def print_table(result: Result) -> None:
    """Print a line a measurement."""
    print(
        f"{result.passages} passages, loaded in {result.load_seconds} s; milliseconds, warm;"
        f" {result.others:.0%} of the machine went to others"
    )
    heads = ("owner", "passages", "what", "least", "p25", "p50", "p99", "cpu", "recall@10")
    lines = [
        heads,
        *(tuple("" if v is None else str(v) for v in asdict(row).values()) for row in result.rows),
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


if __name__ == "__main__":
    sys.exit(main())
