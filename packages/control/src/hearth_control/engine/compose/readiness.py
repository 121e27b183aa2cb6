"""Whether a container is ready, failed or still to be waited for. Pure.

Judged from what `inspect` says, how long it is since it was started, and what a probe from
outside said where the image cannot check itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hearth_control.engine.compose.api import Json
from hearth_control.engine.compose.explain import probe_output
from hearth_control.engine.compose.observe import health_of
from hearth_control.engine.observed import Health
from hearth_control.plan.model import ContainerUnit

SETTLE_SECONDS = 0.5
"""How long a container without any check must have run to count as up."""
CRASHED_SETTLE_SECONDS = 3.0
"""The same once it has crashed: its next crash comes after a growing pause."""
MAX_CRASHES = 5
KILLED = 137
OOM_SECONDS = 0.3
"""How long after a kill the engine may take to learn that it was for lack of memory."""
NANOSECONDS = 1_000_000_000
WHY_CHARACTERS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The unit is up, or the job ended well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Not yet, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It will not come up."""

    summary: str


Verdict = Ready | Pending | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was found out since the unit was started.

    `elapsed`: seconds since Hearth started it · `up`: since the container itself began, again
    after each crash · `down`: since it was first seen ended · `probe`: None where no probe from
    outside applies, empty when it passed, else why it did not · `check`: the same of the
    container's own check, run by Hearth · `crashes`: how often the container had been restarted
    before this start.
    """

    elapsed: float
    up: float = 0.0
    down: float = 0.0
    probe: str | None = None
    check: str | None = None
    crashes: int = 0


def judge(unit: ContainerUnit, found: Json, asked: Asked) -> Verdict:
    """Judge one container of a unit."""
    said: Mapping[str, Any] = found.get("State", {})
    crashes = int(found.get("RestartCount", 0)) - asked.crashes
    if not said.get("Running") and (verdict := _judge_killed(unit, said, asked)):
        return verdict
    if unit.job:
        return _judge_job(unit, said)
    if crashes >= MAX_CRASHES:
        # Between two crashes it runs, and then there is no code to tell.
        code = f" ({_code(said)})" if said.get("Restarting") or not said.get("Running") else ""
        return Failed(summary=f"{unit.name}: crashed {crashes} times{code}")
    if said.get("Restarting"):
        return Pending(why=f"crashed ({_code(said)}), starts again")
    if not said.get("Running"):
        return Failed(summary=f"{unit.name}: ended before it was ready ({_code(said)})")
    return _judge_running(unit, found, asked)


def patience_seconds(unit: ContainerUnit, found: Json) -> float:
    """Give how long a unit may take: what the plan says, but no less than its check needs."""
    check = found.get("Config", {}).get("Healthcheck") or {}
    keys = ("StartPeriod", "Interval", "Timeout")
    needed = sum(int(check.get(key) or 0) for key in keys) / NANOSECONDS
    return max(float(unit.start_seconds), needed)


def joined(verdicts: Sequence[Verdict]) -> Verdict:
    """Judge a unit of several replicas: ready when all are, failed when one is."""
    for kind in (Failed, Pending):
        for verdict in verdicts:
            if isinstance(verdict, kind):
                return verdict
    return Ready()


def _judge_killed(unit: ContainerUnit, said: Mapping[str, Any], asked: Asked) -> Verdict | None:
    if said.get("OOMKilled"):
        return Failed(summary=f"{unit.name}: ran out of memory ({_code(said)})")
    if said.get("ExitCode") == KILLED and asked.down < OOM_SECONDS:
        return Pending(why="was killed")
    return None


def _judge_job(unit: ContainerUnit, said: Mapping[str, Any]) -> Verdict:
    if said.get("Running") or said.get("Restarting"):
        return Pending(why="job: running")
    if said.get("ExitCode") == 0:
        return Ready()
    return Failed(summary=f"{unit.name}: the job failed ({_code(said)})")


def _judge_running(unit: ContainerUnit, found: Json, asked: Asked) -> Verdict:
    health = health_of(found["State"])
    passed = health is Health.HEALTHY or (health is Health.STARTING and asked.check == "")
    if passed and not asked.probe:
        return Ready()
    why = _why(found, health, asked)
    has_crashed = int(found.get("RestartCount", 0)) > asked.crashes
    if not why and asked.up >= (CRASHED_SETTLE_SECONDS if has_crashed else SETTLE_SECONDS):
        return Ready()
    patience = patience_seconds(unit, found)
    if why and asked.elapsed > patience:
        return Failed(summary=f"{unit.name}: not ready after {patience:.0f} s, {why}")
    return Pending(why=why or "running")


def _why(found: Json, health: Health, asked: Asked) -> str:
    if health in {Health.STARTING, Health.UNHEALTHY} and asked.check != "":
        # The last line is the error; what stands above it is a trace or a progress bar.
        lines = (probe_output(found["State"]) or asked.check or "").splitlines()
        said = " ".join(lines[-1].split())[:WHY_CHARACTERS] if lines else ""
        return f"health: {health.value}" + (f" (probe said: {said})" if said else "")
    if asked.probe:
        return f"probe: {asked.probe}"
    return ""


def _code(said: Mapping[str, Any]) -> str:
    error = str(said.get("Error") or "").strip()
    return f"exit code {said.get('ExitCode')}" + (f": {error}" if error else "")
