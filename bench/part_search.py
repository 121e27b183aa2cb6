"""Search by the size of a collection: the service function beside `bm25s`, recall beside exact."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import search
from report import Report

SIZES = (5_000, 50_000)
QUERIES_A_RUN = 20
P50 = {5_000: 15.0, 50_000: 15.0, 500_000: 30.0}
P99 = {5_000: 60.0, 50_000: 60.0}


def run(
    report: Report,
    *,
    runs: int,
    sizes: Sequence[int] = SIZES,
    keep: Path | None = None,
    plot: Path | None = None,
) -> None:
    """Report the latency and the recall of a small owner's search, and a large one's."""
    results = []
    for passages in sizes:
        result = search.run_all(passages=passages, queries=runs * QUERIES_A_RUN, keep=keep)
        results.append(result)
        print(f"\nsearch: {passages} passages")
        search.print_table(result)
        for row in result.rows:
            _report(report, result, row)
    if importlib.util.find_spec("bm25s") is None:
        report.left_out("search", "`bm25s` is not installed")
    if plot is not None:
        _draw(report, results, plot)


def _report(report: Report, result: search.Result, row: search.Row) -> None:
    is_limited = row.what == "hearth hybrid"
    name = f"{result.passages}: {row.owner}: {row.what}"
    p50 = P50.get(result.passages) if is_limited else None
    p99 = P99.get(result.passages) if is_limited else None
    report.figure("search", f"{name}: p50", row.p50, unit="ms", limit=p50)
    report.figure("search", f"{name}: p99", row.p99, unit="ms", limit=p99)
    if row.cpu is not None:
        report.figure("search", f"{name}: cpu", row.cpu, unit="ms")
    if row.recall_at_10 is not None:
        report.figure(
            "search",
            f"{name}: recall@10",
            row.recall_at_10,
            unit="of exact",
            limit=0.99,
            at_least=True,
        )


def _draw(report: Report, results: Sequence[search.Result], plot: Path) -> None:
    from plot import BUSY, draw

    others = max(result.others for result in results)
    if others > BUSY:
        why = f"no picture: {others:.0%} of the machine went to others, at most {BUSY:.0%} may"
        report.left_out("search", why)
        return
    draw(results, plot)
    print(f"\nsearch: drawn in {plot}")
