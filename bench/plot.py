"""Draw what a search costs against the size of the collection."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from search import LARGE, SMALL, Result

BUSY = 0.2
"""The part of a machine that others may have had, in a run whose picture says something.

An idle one reads up to 0.17 in the first seconds: the database's processes that have ended count.
"""
_INK = "#555555"
_COLOURS = {SMALL: "#2a78d6", LARGE: "#c8501e"}
_STYLES = {"hearth hybrid": "-", "hearth hybrid, again": "--"}


def draw(results: Sequence[Result], file: Path) -> None:
    """Write the median of each owner's hybrid search at each size, up to the 99th percentile."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams |= {"svg.hashsalt": "search", "svg.fonttype": "none", "font.size": 10}
    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    for owner, colour in _COLOURS.items():
        for what, style in _STYLES.items():
            points = [
                (result.passages, row.p50, row.p99)
                for result in sorted(results, key=lambda each: each.passages)
                for row in result.rows
                if (row.owner, row.what) == (owner, what)
            ]
            sizes, middle, high = zip(*points, strict=True)
            label = owner if style == "-" else f"{owner}, words asked for before"
            axes.plot(sizes, middle, style, color=colour, marker="o", markersize=4, label=label)
            if style == "-":
                axes.fill_between(sizes, middle, high, color=colour, alpha=0.12, linewidth=0)
    axes.set_xscale("log")
    axes.set_xticks([result.passages for result in results])
    axes.set_xticklabels([f"{result.passages:,}" for result in results])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_xlabel("passages of everybody")
    axes.set_ylabel("milliseconds, p50 up to p99")
    axes.set_title(f"A search for ten passages, on {machine()}", color=_INK, fontsize=10)
    axes.legend(frameon=False, labelcolor=_INK)
    axes.tick_params(colors=_INK)
    axes.grid(axis="y", color="#99999955", linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(_INK)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, format="svg", facecolor="white", metadata={"Date": None})
    plt.close(figure)


def machine() -> str:
    """Name the processor, how many of it there are, and the memory."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores of {names[0] if names else 'a processor'}, {memory:.0f} GiB"
