"""What segmenting costs: a cold `up` of the whole catalog, cut apart and flat, in turns."""

from __future__ import annotations

import statistics
from pathlib import Path

from report import Report
from timing import Command, once
from world import HEARTH, has_docker, hearth, home


def run(report: Report, *, runs: int) -> None:
    if not has_docker():
        report.left_out("networks", "no Docker engine answers")
        return
    with (
        home("compose", PRESET="full", NETWORKS="segmented") as segmented,
        home("compose", PRESET="full", NETWORKS="flat") as flat,
    ):
        for folder in (segmented, flat):  # images, the catalog's cache and secrets are there then
            cold_up(folder)
        taken: dict[Path, list[float]] = {segmented: [], flat: []}
        for _ in range(min(runs, 3)):
            for folder, times in taken.items():
                times.append(cold_up(folder))
    apart, together = (statistics.median(times) for times in taken.values())
    print(f"\nnetworks: cold up segmented {apart:.0f} ms, flat {together:.0f} ms")
    report.figure(
        "networks", "cold up, segmented against flat", apart / together, unit="×", limit=1.15
    )


def cold_up(folder: Path) -> float:
    """Bring everything up from nothing and take it down again; milliseconds of the first."""
    up = [str(HEARTH), "--home", str(folder), "up", "--yes"]
    milliseconds = once(Command(name="cold up", argv=up))[0]
    hearth(folder, "down", "--yes")
    return milliseconds
