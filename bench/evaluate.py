"""How good is what a search finds: nDCG@10, recall@100 and latency of each leg, beside bm25s.

Exit code 1 if BM25 is below 0.98 of bm25s, or both legs together are below one of them.

Takes a collection with judgements in the BEIR layout (corpus.jsonl, queries.jsonl, qrels/NAME.tsv),
takes every document in the way a worker does, into a PostgreSQL of its own, and asks every judged
query through the service function that the tool calls. A document is as good as its best passage.

    python bench/evaluate.py [FOLDER] [--split test] [--json]
        [--embedder FOLDER_OF_AN_ONNX_MODEL] [--reranker FOLDER_OF_AN_ONNX_MODEL]

With a reranker one more row says what it makes of the first of the fused ones.

Source: Thakur et al., "BEIR" (NeurIPS Datasets 2021), section 3; nDCG with gains 2^grade - 1 and
discount log2(rank + 1), as trec_eval has it.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import importlib.util
import json
import math
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
from hearth_kit.ids import uuid7
from hearth_server.adapters.builtin.embedder import BuiltinEmbedder
from hearth_server.adapters.memory.objects import MemoryObjects
from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.passages import PostgresPassages
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.runs import PostgresRuns
from hearth_server.capabilities.knowledge.ingest import Ingester
from hearth_server.capabilities.knowledge.model import Fusion, SearchType
from hearth_server.capabilities.knowledge.ports import Converted, Embedder, Reranker
from hearth_server.capabilities.knowledge.search import Question, Searcher
from hearth_server.capabilities.knowledge.split import Block, BlockKind
from hearth_server.capabilities.knowledge.uploads import Uploads
from hearth_server.testing.postgres import Urls, running_postgres
from hearth_server.testing.principals import make_principal

SMALL = Path(__file__).parent / "collections" / "home"
TOP = 10
DEEP = 100
WAYS: Mapping[str, tuple[SearchType, Fusion]] = {
    "words (BM25)": ("text", "weighted"),
    "vectors": ("vector", "weighted"),
    "fused, weighted": ("hybrid", "weighted"),
    "fused, by rank": ("hybrid", "rrf"),
}
RERANKED = "fused, reranked"
PEER = "bm25s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Documents as title and text, queries, and per query the grade of each judged document."""

    documents: Mapping[str, tuple[str, str]]
    queries: Mapping[str, str]
    judged: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How one way of searching did; means over all judged queries, milliseconds."""

    way: str
    ndcg_at_10: float
    recall_at_100: float
    p50: float
    p99: float


class TextReader:
    """The port `Reader` for texts whose first line is their title; needs no process of its own."""

    async def convert(self, path: Path, *, media_type: str, name: str) -> AsyncIterator[Converted]:  # noqa: ARG002
        """Give the title as a heading and the rest as one block."""
        written = await asyncio.to_thread(path.read_text, encoding="utf-8")
        title, _, text = written.partition("\n")
        blocks = [Block(text=title, kind=BlockKind.HEADING, level=1)] if title else []
        yield Converted(blocks=(*blocks, Block(text=text)), done=1, total=1)


def main() -> int:
    """Run the evaluation."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path, nargs="?", default=SMALL)
    parser.add_argument("--split", default="test")
    parser.add_argument("--embedder", type=Path)
    parser.add_argument("--reranker", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = evaluate(
        read_collection(options.folder, options.split),
        make_embedder(options.embedder),
        make_reranker(options.reranker),
    )
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
    else:
        print_table(rows)
    missed = misses(rows)
    for line in missed:
        print(line, file=sys.stderr)
    return 1 if missed else 0


def misses(rows: Sequence[Row]) -> list[str]:
    """Say what is worse than it has to be."""
    found = {row.way: row.ndcg_at_10 for row in rows}
    words, vectors, fused = (found[way] for way in list(WAYS)[:3])
    missed = []
    if fused < max(words, vectors):
        missed.append(f"fused: nDCG@10 {fused} is below that of a leg, {max(words, vectors)}")
    if PEER in found and words < 0.98 * found[PEER]:
        missed.append(f"words: nDCG@10 {words} is below 0.98 of {PEER}'s {found[PEER]}")
    return missed


def evaluate(
    collection: Collection, embedder: Embedder, reranker: Reranker | None = None
) -> list[Row]:
    """Take the collection in and ask every judged query in each way."""
    with running_postgres(settings=("fsync=off", "synchronous_commit=off")) as postgres:
        rows = asyncio.run(_evaluate(postgres.create(), collection, embedder, reranker))
    if importlib.util.find_spec("bm25s"):
        rows.append(ask_peer(collection))
    return rows


def make_embedder(folder: Path | None) -> Embedder:
    """Give the model in a folder, or the embedder that needs none."""
    if folder is None:
        return BuiltinEmbedder()
    from hearth_server.adapters.onnx.embedder import OnnxEmbedder

    return OnnxEmbedder(folder)


def make_reranker(folder: Path | None) -> Reranker | None:
    """Give the cross-encoder in a folder, where one is named."""
    if folder is None:
        return None
    from hearth_server.adapters.onnx.reranker import OnnxReranker

    return OnnxReranker(folder)


def read_collection(folder: Path, split: str) -> Collection:
    """Read a folder in the BEIR layout."""
    judged: dict[str, dict[str, int]] = {}
    with (folder / "qrels" / f"{split}.tsv").open(encoding="utf-8", newline="") as file:
        for query, document, grade in list(csv.reader(file, delimiter="\t"))[1:]:
            judged.setdefault(query, {})[document] = int(grade)
    queries = {line["_id"]: line["text"] for line in _lines(folder / "queries.jsonl")}
    return Collection(
        documents={
            line["_id"]: (line.get("title", ""), line["text"])
            for line in _lines(folder / "corpus.jsonl")
        },
        queries={query: queries[query] for query in judged},
        judged=judged,
    )


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], depth: int = TOP) -> float:
    """Weigh the grades of the first documents by their rank, against the best possible order."""
    ideal = _gain(sorted(grades.values(), reverse=True)[:depth])
    return _gain([grades.get(each, 0) for each in ranked[:depth]]) / ideal if ideal else 0.0


def recall(ranked: Sequence[str], grades: Mapping[str, int], depth: int = DEEP) -> float:
    """Give the share of the relevant documents that are among the first."""
    relevant = {document for document, grade in grades.items() if grade > 0}
    return len(relevant & set(ranked[:depth])) / len(relevant) if relevant else 0.0


async def _evaluate(
    urls: Urls, collection: Collection, embedder: Embedder, reranker: Reranker | None
) -> list[Row]:
    database = Database(urls.app)
    await database.open()
    owner = uuid7()
    names = await _take_in(database, owner, collection, embedder)
    passages = PostgresPassages(database)
    searcher = Searcher(passages, embedder)
    rows = [
        await _ask(searcher, owner, collection, names, way, search_type, fusion)
        for way, (search_type, fusion) in WAYS.items()
    ]
    if reranker is not None:
        await reranker.name()  # loaded before the first question, which would wait for it
        judging = Searcher(passages, embedder, reranker)
        rows.append(await _ask(judging, owner, collection, names, RERANKED, "hybrid", "weighted"))
    await database.close()
    return rows


async def _take_in(
    database: Database, owner: UUID, collection: Collection, embedder: Embedder
) -> dict[UUID, str]:
    objects = MemoryObjects()
    documents = PostgresDocuments(database, Jobs(new_job_app()))
    uploads = Uploads(documents, objects)
    ingester = Ingester(PostgresRuns(database), objects, TextReader(), embedder)
    caller = make_principal(owner)
    names: dict[UUID, str] = {}
    for name, (title, text) in collection.documents.items():
        added = await uploads.receive_text(
            caller, text=f"{title}\n{text}", title=title, media_type="text/plain", tags=()
        )
        await ingester.ingest(owner, added.id)
        names[added.id] = name
        objects.contents.clear()
    return names


async def _ask(
    searcher: Searcher,
    owner: UUID,
    collection: Collection,
    names: Mapping[UUID, str],
    way: str,
    search_type: SearchType,
    fusion: Fusion,
) -> Row:
    ranked: dict[str, list[str]] = {}
    times: list[float] = []
    for query, text in collection.queries.items():
        question = Question(query=text, count=DEEP, search_type=search_type, fusion=fusion)
        start = time.perf_counter()
        found = await searcher.search(owner, question)
        times.append((time.perf_counter() - start) * 1000)
        hits = [names[hit.citation.document_id] for hit in found.hits]
        ranked[query] = list(dict.fromkeys(hits))
    return _row(way, collection, ranked, times)


def ask_peer(collection: Collection) -> Row:
    """Ask bm25s with the same stems, in memory."""
    import bm25s
    import snowballstemmer

    stem = snowballstemmer.stemmer("english").stemWords
    texts = [f"{title} {text}" for title, text in collection.documents.values()]
    names = list(collection.documents)
    retriever = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    tokens = bm25s.tokenize(texts, stopwords="en", stemmer=stem, show_progress=False)
    retriever.index(tokens, show_progress=False)
    ranked: dict[str, list[str]] = {}
    times: list[float] = []
    for query, text in collection.queries.items():
        start = time.perf_counter()
        asked = bm25s.tokenize([text], stopwords="en", stemmer=stem, show_progress=False)
        places, scores = retriever.retrieve(asked, k=min(DEEP, len(texts)), show_progress=False)
        times.append((time.perf_counter() - start) * 1000)
        ranked[query] = [
            names[place] for place, score in zip(places[0], scores[0], strict=True) if score > 0
        ]
    return _row(PEER, collection, ranked, times)


def _row(
    way: str, collection: Collection, ranked: Mapping[str, Sequence[str]], times: Sequence[float]
) -> Row:
    judged = collection.judged
    return Row(
        way=way,
        ndcg_at_10=round(float(np.mean([ndcg(ranked[q], judged[q]) for q in ranked])), 4),
        recall_at_100=round(float(np.mean([recall(ranked[q], judged[q]) for q in ranked])), 4),
        p50=round(float(np.percentile(times, 50)), 2),
        p99=round(float(np.percentile(times, 99)), 2),
    )


def print_table(rows: Sequence[Row]) -> None:
    """Print a line a way."""
    heads = ("way", "nDCG@10", "recall@100", "p50 ms", "p99 ms")
    lines = [heads, *(tuple(str(value) for value in asdict(row).values()) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


def _gain(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades))


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


if __name__ == "__main__":
    sys.exit(main())
