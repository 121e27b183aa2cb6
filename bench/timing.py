"""Time whole processes in turn, so that a noisy minute hits every command alike."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Wall and CPU milliseconds of one command over its runs."""

    name: str
    wall: tuple[float, ...]
    cpu: tuple[float, ...]
    limit: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.wall)

    def as_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "median_ms": round(self.median, 1),
            "min_ms": round(min(self.wall), 1),
            "max_ms": round(max(self.wall), 1),
            "cpu_median_ms": round(statistics.median(self.cpu), 1),
            "limit_ms": self.limit,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run; `exit_codes` other than these are a failure of the benchmark itself."""

    name: str
    argv: Sequence[str]
    limit: float | None = None
    exit_codes: tuple[int, ...] = (0,)
    environment: Mapping[str, str] | None = None
    cwd: Path | None = None


def once(command: Command, *, timeout_seconds: float = 600) -> tuple[float, float]:
    """Run a command once. Gives wall and CPU milliseconds of it and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(
        command.argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout_seconds,
        env={**os.environ, **(command.environment or {})},
        cwd=command.cwd,
        check=False,
    )
    wall = (time.perf_counter() - start) * 1000
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in command.exit_codes:
        tail = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
        msg = f"{command.name}: exit code {done.returncode}\n{tail}"
        raise SystemExit(msg)
    cpu = (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000
    return wall, cpu


def in_turn(commands: Sequence[Command], *, runs: int, warm_ups: int = 1) -> tuple[Timing, ...]:
    """Run the commands A B C A B C …, after warming each up."""
    for _ in range(warm_ups):
        for command in commands:
            once(command)
    samples: dict[str, list[tuple[float, float]]] = {command.name: [] for command in commands}
    for _ in range(runs):
        for command in commands:
            samples[command.name].append(once(command))
    return tuple(
        Timing(
            name=command.name,
            wall=tuple(wall for wall, _ in samples[command.name]),
            cpu=tuple(cpu for _, cpu in samples[command.name]),
            limit=command.limit,
        )
        for command in commands
    )
