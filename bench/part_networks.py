"""What segmenting costs: the whole catalog up from nothing and down, cut apart and flat, in turns.

Other work on the machine only ever adds, so the least of the rounds counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from report import Report
from timing import Command, once
from world import HEARTH, engine_cpu_ms, has_docker, home


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Wall of `up` and `down`, and the CPU that the engine took for each, in milliseconds."""

    up: float
    up_cpu: float
    down: float
    down_cpu: float


def run(report: Report, *, runs: int) -> None:
    if not has_docker():
        report.left_out("networks", "no Docker engine answers")
        return
    with (
        home("compose", PRESET="full", NETWORKS="segmented") as segmented,
        home("compose", PRESET="full", NETWORKS="flat") as flat,
    ):
        for folder in (segmented, flat):  # images, the catalog's cache and secrets are there then
            up_and_down(folder)
        taken: dict[Path, list[Round]] = {segmented: [], flat: []}
        for _ in range(min(runs, 3)):
            for folder, rounds in taken.items():
                rounds.append(up_and_down(folder))
    apart, together = least(taken[segmented]), least(taken[flat])
    print("\nnetworks: least wall milliseconds, and the engine's CPU")
    for name, one in (("segmented", apart), ("flat", together)):
        print(f"  {name:<12} up {one.up:>8.0f} ({one.up_cpu:.0f})", end="")
        print(f"   down {one.down:>8.0f} ({one.down_cpu:.0f})")
    ratio = apart.up / together.up
    report.figure("networks", "cold up, segmented against flat", ratio, unit="×", limit=1.15)
    report.figure("networks", "down, segmented against flat", apart.down / together.down, unit="×")
    if together.up_cpu:
        ratio = apart.up_cpu / together.up_cpu
        report.figure("networks", "the engine's CPU of a cold up, so too", ratio, unit="×")


def up_and_down(folder: Path) -> Round:
    """Bring everything up from nothing and take it down again."""
    up, up_cpu = measured(folder, "up")
    down, down_cpu = measured(folder, "down")
    return Round(up=up, up_cpu=up_cpu, down=down, down_cpu=down_cpu)


def measured(folder: Path, verb: str) -> tuple[float, float]:
    argv = [str(HEARTH), "--home", str(folder), verb, "--yes"]
    before = engine_cpu_ms()
    wall = once(Command(name=f"cold {verb}", argv=argv))[0]
    return wall, engine_cpu_ms() - before


def least(rounds: Sequence[Round]) -> Round:
    """Give the least of each figure over the rounds."""
    return Round(
        up=min(one.up for one in rounds),
        up_cpu=min(one.up_cpu for one in rounds),
        down=min(one.down for one in rounds),
        down_cpu=min(one.down_cpu for one in rounds),
    )
