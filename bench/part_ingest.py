"""What taking files in costs: time beside the embedding, and memory however large they are."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import ingest
import model
from ingest import Bench, Ingested, bench
from report import Report

PAGES, MODEL_PAGES = 200, 60
TAKEN, REFUSED = 45_000_000, 1_000_000_000
"""Bytes of the largest text that is taken, nearly, and of one that is far too large."""


def run(report: Report, *, runs: int) -> None:
    """Report a book without its embedding, the embedding's share with a model, and memory."""
    print("\ningest")
    with bench() as started:
        started.ingest("warm.txt", iter([b"word"]))
        books = [_book(started, PAGES + each) for each in range(min(runs, 5))]
        beside = [each.seconds - each.stages["embedding"] for each in books]
        report.figure("ingest", f"{PAGES} pages but for embedding", min(beside), unit="s", limit=2)
        report.figure("ingest", "the same, median", statistics.median(beside), unit="s")
        cpu = statistics.median(each.cpu_seconds for each in books)
        report.figure("ingest", "the same with the builtin embedder, by CPU", cpu, unit="s")
        _memory(report, "the largest text", started.ingest("large.txt", ingest.text(TAKEN)))
    with bench() as started:
        _memory(report, "1 GB of text", started.ingest("huge.txt", ingest.text(REFUSED)))
    with tempfile.TemporaryDirectory(prefix="hearth-model-") as folder:
        model.write_model(Path(folder), ingest.words())
        with bench(embedder=Path(folder)) as started:
            started.ingest("warm.txt", iter([b"word"]))
            book = _book(started, MODEL_PAGES)
            share = book.share("embedding")
            report.figure(
                "ingest", "embedding by a model", share, unit="of all", limit=0.9, at_least=True
            )
            _memory(report, "a book, with a model", book)


def _book(started: Bench, pages: int) -> Ingested:
    data = ingest.pdf(started.folder, pages).read_bytes()
    found = started.ingest(f"{pages}.pdf", iter([data]))
    if found.status != "ready":
        raise SystemExit(f"ingest: {found.reason}")
    return found


def _memory(report: Report, what: str, found: Ingested) -> None:
    """Report what the worker and its readers held at most together."""
    report.figure("ingest", f"memory, {what}", found.whole_bytes / 2**20, unit="MiB", limit=600)
