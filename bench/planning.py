"""Time loading and planning within one process: `planning.py HOME RUNS`, one JSON object out.

CPU milliseconds, the least of the runs: a noisy machine adds to a run and never takes away. The
first run fills the catalog's cache and is given apart.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hearth_control.engine.observed import Observed
from hearth_control.main import LocalWorld
from hearth_control.plan.make import make_plan
from hearth_control.settings.model import EngineName

T = TypeVar("T")


def measure(home: Path, runs: int) -> dict[str, float]:
    """Give the least milliseconds of each part, and how much was planned."""
    first = _once(home)
    others = [_once(home) for _ in range(runs)]
    least = {part: min(one[part] for one in others) for part in first if part.endswith("_ms")}
    return {**least, "parse_ms": first["load_ms"], "services": first["services"]}


def _once(home: Path) -> dict[str, float]:
    world = LocalWorld(str(home), environment={})
    taken: dict[str, float] = {}
    catalog = _timed(taken, "load_ms", world.load_catalog)
    settings = _timed(taken, "settings_ms", lambda: world.load_settings(flags={}))
    host = world.load_host()
    plan = _timed(
        taken,
        "plan_ms",
        lambda: make_plan(
            catalog=catalog,
            settings=settings,
            host=host,
            observed=Observed(engine=EngineName.COMPOSE.value),
            fingerprints={},
            root=world.root,
        ),
    )
    return {**taken, "total_ms": sum(taken.values()), "services": len(plan.services)}


def _timed(taken: dict[str, float], part: str, work: Callable[[], T]) -> T:
    start = time.process_time()
    result = work()
    taken[part] = (time.process_time() - start) * 1000
    return result


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
