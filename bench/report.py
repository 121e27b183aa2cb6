"""Print what was measured, and say plainly what is over its limit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from timing import Timing


@dataclass(slots=True)
class Report:
    """Rows of one or more parts, printed as they come and written whole at the end."""

    rows: list[dict[str, object]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def timings(self, part: str, timings: Sequence[Timing]) -> None:
        print(f"\n{part}: wall milliseconds")
        print(f"  {'command':<44}{'median':>9}{'min':>9}{'max':>9}{'limit':>9}")
        for timing in timings:
            limit = "" if timing.limit is None else f"{timing.limit:.0f}"
            print(
                f"  {timing.name:<44}{timing.median:>9.1f}{min(timing.wall):>9.1f}"
                f"{max(timing.wall):>9.1f}{limit:>9}"
            )
            self.rows.append({"part": part, **timing.as_dict()})
            if timing.limit is not None and timing.median > timing.limit:
                self.missed.append(f"{part}: {timing.name}: {timing.median:.0f} ms > {limit} ms")

    def figure(
        self,
        part: str,
        name: str,
        value: float,
        *,
        unit: str,
        limit: float | None = None,
        at_least: bool = False,
    ) -> None:
        bound = "" if limit is None else f"  ({'≥' if at_least else '≤'} {limit:g})"
        print(f"  {part}: {name}: {value:.3g} {unit}{bound}")
        self.rows.append({"part": part, "name": name, "value": value, "unit": unit, "limit": limit})
        if limit is None:
            return
        if (value < limit) if at_least else (value > limit):
            self.missed.append(f"{part}: {name}: {value:.3g} {unit}{bound}")

    def left_out(self, part: str, why: str) -> None:
        print(f"\n{part}: left out: {why}")
        self.rows.append({"part": part, "left_out": why})

    def finish(self, path: Path | None) -> int:
        if path is not None:
            path.write_text(json.dumps({"rows": self.rows, "missed": self.missed}, indent=2))
        for line in self.missed:
            print(f"over the limit: {line}")
        return 1 if self.missed else 0
