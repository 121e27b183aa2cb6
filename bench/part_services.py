"""What one more service costs: planning with 50, 100, 200 and 400 of a person's own, and `full`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from many import add_services
from report import Report
from timing import Command, in_turn
from world import HEARTH, home

COUNTS = (50, 100, 200, 400)
MOST_GROWTH = 1.6
"""How much more the last services may cost each than the first; a square would give 6."""
FULL_MS = 60


def run(report: Report, *, runs: int) -> None:
    print("\nservices: CPU milliseconds within one process, the least of the runs")
    with home("compose", PRESET="full") as folder:
        parts = _inside(folder, runs)
        print(f"  full preset: {_said(parts)}")
        report.figure("services", "full preset", parts["total_ms"], unit="ms", limit=FULL_MS)
    totals: dict[int, float] = {}
    for count in COUNTS:
        with home("compose") as folder:
            add_services(folder, count)
            parts = _inside(folder, runs)
            totals[count] = parts["total_ms"]
            print(f"  {count:>3} services: {_said(parts)}")
            each = parts["total_ms"] / parts["services"]
            report.figure("services", f"each of {count}", each, unit="ms")
            plan = Command(
                name=f"hearth plan ({count} services)",
                argv=[str(HEARTH), "--home", str(folder), "plan"],
                exit_codes=(0, 1),
            )
            report.timings("services", in_turn([plan], runs=min(runs, 3)))
    first, second, third, last = COUNTS
    early = (totals[second] - totals[first]) / (second - first)
    late = (totals[last] - totals[third]) / (last - third)
    report.figure(
        "services", "growth of one more service", late / early, unit="times", limit=MOST_GROWTH
    )


def _inside(folder: Path, runs: int) -> dict[str, float]:
    script = Path(__file__).with_name("planning.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder), str(runs)],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    parts: dict[str, float] = json.loads(done.stdout)
    return parts


def _said(parts: dict[str, float]) -> str:
    names = ("load", "settings", "plan", "total", "parse")
    return ", ".join(f"{name} {parts[f'{name}_ms']:.1f}" for name in names)
