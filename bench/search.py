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
from itertools import pairwise
from uuid import UUID, uuid4

import numpy as np
import psycopg
from hearth_server.adapters.builtin.embedder import INFO, BuiltinEmbedder, embed_texts
from hearth_server.adapters.postgres.passages import PostgresPassages
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.knowledge.model import Filter
from hearth_server.capabilities.knowledge.ranking import pack_postings
from hearth_server.capabilities.knowledge.search import Question, Searcher
from hearth_server.capabilities.knowledge.words import count_keys
from hearth_server.testing.postgres import Urls, running_postgres

VOCABULARY = 30_000
WORDS_A_PASSAGE = 100
PASSAGES_A_DOCUMENT = 100
TOPICS = 500
SMALL = "owner with 1 %"
SHARES = ((SMALL, 0.01), ("owner with 60 %", 0.60), ("everyone else", 0.39))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What one owner has, kept beside the database to compare with."""

    name: str
    id: UUID
    texts: list[str]
    vectors: np.ndarray


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
    owners = make_owners(random, passages)
    with running_postgres(settings=("fsync=off", "synchronous_commit=off")) as postgres:
        urls = postgres.create()
        seconds = load(urls, owners)
        rows = asyncio.run(measure(urls, owners, make_queries(random, owners, queries)))
    return Result(load_seconds=seconds, rows=rows)


def make_owners(random: np.random.Generator, passages: int) -> list[Owner]:
    """Write passages whose words follow Zipf's law, half of them from the passage's topic."""
    words = np.array([make_word(random) for _ in range(VOCABULARY)])
    weights = 1.0 / np.arange(1, VOCABULARY + 1)
    weights /= weights.sum()
    topics = random.integers(200, VOCABULARY, size=(TOPICS, 60))
    owners = []
    for name, share in SHARES:
        texts = []
        for _ in range(int(passages * share)):
            topic = topics[random.integers(TOPICS)]
            common = random.choice(VOCABULARY, size=WORDS_A_PASSAGE // 2, p=weights)
            own = random.choice(topic, size=WORDS_A_PASSAGE // 2)
            mixed = random.permutation(np.concatenate([common, own]))
            texts.append(" ".join(words[mixed]))
        owners.append(Owner(name=name, id=uuid4(), texts=texts, vectors=embed_texts(texts)))
    return owners


def make_word(random: np.random.Generator) -> str:
    """Make a word of two to four syllables."""
    consonants, vowels = list("bcdfghjklmnprstvwz"), list("aeiou")
    return "".join(
        random.choice(consonants) + random.choice(vowels) for _ in range(random.integers(2, 5))
    )


def make_queries(
    random: np.random.Generator, owners: Sequence[Owner], count: int
) -> dict[UUID, list[str]]:
    """Take four words that stand together in some passage of the owner."""
    queries: dict[UUID, list[str]] = {}
    for owner in owners:
        chosen = random.integers(len(owner.texts), size=count)
        queries[owner.id] = [
            " ".join(random.choice(owner.texts[index].split(), size=4)) for index in chosen
        ]
    return queries


def load(urls: Urls, owners: Sequence[Owner]) -> float:
    """Load everything by COPY as the superuser, whom row-level security does not bind."""
    start = time.monotonic()
    with psycopg.connect(urls.admin.reveal(), autocommit=True) as connection:
        connection.execute(
            "insert into knowledge.spaces (name, dimension) values (%s, %s)",
            (INFO.name, INFO.dimension),
        )
        for owner in owners:
            load_owner(connection, owner)
        connection.execute("vacuum analyze")
    return round(time.monotonic() - start, 1)


def load_owner(connection: psycopg.Connection, owner: Owner) -> None:
    """Load one owner's documents of a hundred passages each."""
    bounds = [*range(0, len(owner.texts), PASSAGES_A_DOCUMENT), len(owner.texts)]
    vectors = owner.vectors.astype(">f4")
    head = INFO.dimension.to_bytes(2, "big") + b"\0\0"
    for first, last in pairwise(bounds):
        document = uuid4()
        texts = owner.texts[first:last]
        counted = [count_keys(text, "en") for text in texts]
        connection.execute(
            "insert into knowledge.documents (id, owner, title, source_type, source, media_type,"
            " size_bytes, content_sha256, pipeline, object_key, language, status, passages, words)"
            " values (%s, %s, 'x', 'upload', 'x', 'text/plain', 1,"
            " encode(sha256(%s::text::bytea), 'hex'), 1, %s, 'en', 'ready', %s, %s)",
            (
                document,
                owner.id,
                str(document),
                f"user-{owner.id}/documents/{document}",
                len(texts),
                sum(length for _, length in counted),
            ),
        )
        entries: dict[str, list[tuple[int, int, int]]] = {}
        for ordinal, (counts, length) in enumerate(counted):
            for word, frequency in counts.items():
                entries.setdefault(word, []).append((ordinal, frequency, length))
        copy(
            connection,
            "passages (document_id, ordinal, owner, headings, tokens, content)",
            ("uuid", "int4", "uuid", "text[]", "int4", "text"),
            [(document, n, owner.id, [], 100, text) for n, text in enumerate(texts)],
        )
        copy(
            connection,
            "embeddings (document_id, space, ordinal, owner, embedding)",
            ("uuid", "int2", "int4", "uuid", "bytea"),
            [
                (document, 1, n, owner.id, head + vectors[first + n].tobytes())
                for n in range(len(texts))
            ],
        )
        copy(
            connection,
            "postings (owner, word, document_id, packed)",
            ("uuid", "text", "uuid", "bytea"),
            [(owner.id, word, document, pack_postings(rows)) for word, rows in entries.items()],
        )


def copy(
    connection: psycopg.Connection, target: str, types: Sequence[str], rows: Sequence[tuple]
) -> None:
    """Copy rows in binary."""
    with connection.cursor().copy(f"copy knowledge.{target} from stdin (format binary)") as stream:
        stream.set_types(types)
        for row in rows:
            stream.write_row(row)


async def measure(urls: Urls, owners: Sequence[Owner], queries: dict[UUID, list[str]]) -> list[Row]:
    """Ask every query of the first two owners in each way."""
    database = Database(urls.app)
    await database.open()
    passages = PostgresPassages(database)
    searcher = Searcher(passages, BuiltinEmbedder())
    rows = []
    for owner in owners[:2]:
        asked = queries[owner.id]
        for kind in ("hybrid", "vector", "text"):
            times = [await timed_search(searcher, owner.id, query, kind) for query in asked]
            recall = await measure_recall(passages, owner, asked) if kind == "vector" else None
            rows.append(row_of(owner, f"hearth {kind}", times, recall))
        if importlib.util.find_spec("bm25s"):
            rows.append(row_of(owner, "bm25s (words only, in memory)", time_bm25s(owner, asked)))
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


def time_bm25s(owner: Owner, queries: Sequence[str]) -> list[float]:
    """Give the milliseconds of each query in bm25s over the same texts."""
    import bm25s

    retriever = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    retriever.index(bm25s.tokenize(owner.texts, show_progress=False), show_progress=False)

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
        passages=len(owner.texts),
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
