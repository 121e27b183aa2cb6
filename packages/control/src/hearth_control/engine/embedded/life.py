"""The life of a unit: prepare, start, become ready, run, end, wait, again. Pure.

A generator of `effects`; it holds no process, socket or clock but the one that is handed in.
"""

from __future__ import annotations

import signal
from collections.abc import Generator
from typing import Any, Final

from hearth_kit.clock import Clock

from hearth_control.engine.embedded.backoff import delay, streak_after
from hearth_control.engine.embedded.effects import (
    Check,
    Checked,
    Effect,
    Ended,
    Halt,
    Launch,
    Pause,
    Report,
    Run,
)
from hearth_control.engine.embedded.spec import Command, UnitSpec

Life = Generator[Effect, Any, None]
Part = Generator[Effect, Any, Ended]

FIRST_CHECKS_SECONDS: Final = 0.05
COMMAND_CHECKS_SECONDS: Final = 0.25
HEALTH_SECONDS: Final = 10.0
COMMAND_HEALTH_SECONDS: Final = 30.0
UNHEALTHY_AFTER: Final = 3
"""Checks in a row that must fail before a unit that was well counts as unhealthy."""
BUSY_SECONDS: Final = 900.0
"""How long a unit that is visibly at work (a database in recovery) may take at most."""


def live(spec: UnitSpec, clock: Clock) -> Life:
    """Keep a unit running for ever; whoever stops it closes this generator."""
    streak = 0
    while True:
        ended = yield from _prepare(spec)
        healthy_seconds = 0.0
        if ended is None:
            ended, healthy_seconds = yield from _run(spec, clock)
        streak = streak_after(streak, healthy_seconds)
        pause = delay(streak)
        yield Report(
            state="restarting",
            why=f"{ended.text}; starts again in {pause:g} s",
            exit_code=ended.code,
            failed=True,
        )
        yield Pause(seconds=pause)


def _prepare(spec: UnitSpec) -> Generator[Effect, Any, Ended | None]:
    for command in spec.before:
        yield Report(state="starting", health="starting", why=f"running {title(command)}")
        ended: Ended = yield Run(command=command)
        if ended.code != 0:
            return Ended(code=ended.code, text=f"{title(command)} {describe(ended)}")
    yield Report(state="starting", health="starting", prepared=True)
    return None


def _run(spec: UnitSpec, clock: Clock) -> Generator[Effect, Any, tuple[Ended, float]]:
    refused: Ended | None = yield Launch()
    if refused is not None:
        return refused, 0.0
    ended = yield from _become_ready(spec, clock)
    if ended is not None:
        return ended, 0.0
    ready_at = clock.monotonic()
    ended = yield from _stay(spec)
    return ended, clock.monotonic() - ready_at


def _become_ready(spec: UnitSpec, clock: Clock) -> Generator[Effect, Any, Ended | None]:
    began, told = clock.monotonic(), False
    pause = FIRST_CHECKS_SECONDS
    if spec.ready.kind == "command":
        # A command costs as much as what it asks after: not in the way of its start.
        pause = COMMAND_CHECKS_SECONDS
        early: Ended | None = yield Pause(seconds=pause)
        if early is not None:
            return Ended(code=early.code, text=f"{describe(early)} before it was ready")
    while True:
        checked: Checked = yield Check(ready=spec.ready)
        if checked.ok:
            break
        waited = clock.monotonic() - began
        patience = BUSY_SECONDS if checked.busy else spec.start_seconds
        late = waited > patience and not told
        told = told or late
        yield _waiting(spec, checked, late=late, overdue=told)
        ended: Ended | None = yield Pause(seconds=pause)
        if ended is not None:
            return Ended(code=ended.code, text=f"{describe(ended)} before it was ready")
    return (yield from _finish(spec))


def _finish(spec: UnitSpec) -> Generator[Effect, Any, Ended | None]:
    """Run what comes after readiness; a unit for which that fails is not up."""
    for command in spec.after:
        ended: Ended = yield Run(command=command)
        if ended.code != 0:
            yield Halt()
            return Ended(code=ended.code, text=f"{title(command)} {describe(ended)}")
    return None


def _waiting(spec: UnitSpec, checked: Checked, *, late: bool, overdue: bool) -> Report:
    if late:
        why = f"was not ready after {spec.start_seconds:g} s (probe said: {checked.said})"
    else:
        why = f"health: starting (probe said: {checked.said})"
    return Report(
        state="running" if overdue else "starting",
        health="unhealthy" if overdue else "starting",
        why=why,
        failed=late,
        probe_output=checked.said,
    )


def _stay(spec: UnitSpec) -> Part:
    """Watch a unit that is ready until its process ends."""
    yield Report(state="running", health="healthy")
    pause = COMMAND_HEALTH_SECONDS if spec.ready.kind == "command" else HEALTH_SECONDS
    misses = 0
    while True:
        ended: Ended | None = yield Pause(seconds=pause)
        if ended is not None:
            return Ended(code=ended.code, text=describe(ended))
        if spec.ready.kind == "alive":
            continue
        checked: Checked = yield Check(ready=spec.ready)
        before = misses
        misses = 0 if checked.ok else misses + 1
        if checked.ok and before >= UNHEALTHY_AFTER:
            yield Report(state="running", health="healthy")
        elif misses == UNHEALTHY_AFTER:
            why = f"health: unhealthy (probe said: {checked.said})"
            yield Report(state="running", health="unhealthy", why=why)


def describe(ended: Ended) -> str:
    """Say how a process ended, as a person would."""
    if ended.code is None:
        return ended.text or "could not be started"
    if ended.code >= 0:
        return f"exited with code {ended.code}"
    try:
        return f"was ended by {signal.Signals(-ended.code).name}"
    except ValueError:
        return f"was ended by signal {-ended.code}"


def title(command: Command) -> str:
    """Name a command shortly: `hearth_server migrate`, not its whole line."""
    words = [word for word in command.argv[1:] if not word.startswith("-")]
    program = command.argv[0].rpartition("/")[2]
    shown = words[:2] if program.startswith("python") and words else [program]
    names = (word.rpartition("/")[2].rpartition(".")[2] for word in shown)
    return f"`{' '.join(names)}`"
