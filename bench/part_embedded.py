"""First and later `up` on the embedded engine, and what its processes hold when idle."""

from __future__ import annotations

import statistics
import time

from report import Report
from timing import Command, in_turn, once
from world import HEARTH, descendants_with, hearth, home, proportional_memory


def run(report: Report, *, runs: int) -> None:
    print("\nembedded")
    first, later = [], []
    memory = 0
    for _ in range(min(runs, 3)):
        with home("embedded") as folder:
            up = Command(name="up", argv=[str(HEARTH), "--home", str(folder), "up", "--yes"])
            first.append(once(up)[0] / 1000)
            for _ in range(2):
                hearth(folder, "stop")
                later.append(once(up)[0] / 1000)
            noop = in_turn([Command(name="up with nothing to do", argv=up.argv, limit=400)], runs=5)
            time.sleep(5)
            memory = proportional_memory(descendants_with(str(folder)))
    report.figure("embedded", "first up to ready", statistics.median(first), unit="s", limit=8)
    report.figure("embedded", "later up to ready", statistics.median(later), unit="s", limit=3)
    report.figure(
        "embedded", "idle memory of all processes (PSS)", memory / 2**20, unit="MiB", limit=400
    )
    report.timings("embedded", noop)
