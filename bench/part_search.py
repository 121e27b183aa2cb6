"""Search at 50,000 passages: the service function beside `bm25s`, recall beside exact search."""

from __future__ import annotations

import importlib.util

import search
from report import Report

PASSAGES = 50_000
QUERIES_A_RUN = 20


def run(report: Report, *, runs: int) -> None:
    """Report the latency and the recall of a small owner's search, and a large one's."""
    print(f"\nsearch: {PASSAGES} passages")
    for row in search.run_all(passages=PASSAGES, queries=runs * QUERIES_A_RUN).rows:
        small = row.owner == search.SMALL and row.what == "hearth hybrid"
        limit = 15.0 if small else None
        name = f"{row.owner}: {row.what}"
        report.figure("search", f"{name}: p50", row.p50, unit="ms", limit=limit)
        report.figure("search", f"{name}: p99", row.p99, unit="ms")
        if row.recall_at_10 is not None:
            report.figure(
                "search",
                f"{row.owner}: recall@10",
                row.recall_at_10,
                unit="of exact",
                limit=0.99,
                at_least=True,
            )
    if importlib.util.find_spec("bm25s") is None:
        report.left_out("search", "`bm25s` is not installed")
