"""What was done to an installation, by whom and how it ended: `audit.log` in the home.

One JSON object a line, only ever appended; no secret is in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hearth_kit.clock import Clock, SystemClock
from hearth_kit.lines import read_object
from hearth_kit.secret import REDACTED, Secret

from hearth_control.engine.port import NOTHING

if TYPE_CHECKING:
    from hearth_control.engine.events import Event, LogLine
    from hearth_control.engine.observed import Observed
    from hearth_control.engine.port import Engine, EngineFacts, Executed, Usage
    from hearth_control.plan.model import Plan
    from hearth_control.render.artifacts import Artifacts

FILE = "audit.log"
MIN_REDACTED = 4
"""Shorter values are words that stand in any text; to blank them would tell what they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog:
    """The audit log of one home.

    Shape: `{"time", "run", "event": "begin", "who", "pid", "verb", "engine", "steps": [id…]}`, and
    later `{"time", "run", "event": "end", "outcome", "steps": {id: outcome}, "failures": {id:
    text}}` with the same `run`. A begin without its end is a deploy that was killed. `time` is
    RFC 3339; outcomes are `done failed skipped untouched`, of the whole also `interrupted`.
    """

    home: Path
    clock: Clock = field(default_factory=SystemClock)

    def append(self, entry: Mapping[str, object]) -> None:
        """Append one line, whole and on disk, or raise.

        Raises:
            OSError: the home cannot be written or the disk is full.
        """
        time = self.clock.now().isoformat(timespec="milliseconds")
        line = json.dumps({"time": time, **entry}, ensure_ascii=False) + "\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self.home / FILE, flags, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> Iterator[dict[str, object]]:
        """Give the entries, oldest first; a last line that was cut off is left out."""
        try:
            text = (self.home / FILE).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        for line in text.splitlines():
            entry = read_object(line)
            if entry is not None:
                yield entry


class AuditedEngine:
    """An engine whose changes are written down. Everything else goes straight through."""

    def __init__(self, engine: Engine, log: AuditLog, *, name: str) -> None:
        self._engine = engine
        self._log = log
        self._name = name

    def probe(self) -> EngineFacts:
        """Ask the engine who it is."""
        return self._engine.probe()

    def observe(self) -> Observed:
        """Take one snapshot."""
        return self._engine.observe()

    def apply(
        self, plan: Plan, artifacts: Artifacts, secrets: Mapping[str, Secret]
    ) -> Iterator[Event]:
        """Carry the plan out, written down; a plan without steps changes nothing and is not."""
        events = self._engine.apply(plan, artifacts, secrets)
        if plan.is_noop:
            yield from events
            return
        steps = [step.id for step in plan.steps]
        yield from self._written(events, verb="apply", steps=steps, secrets=secrets)

    def stop(self, units: Sequence[str]) -> Iterator[Event]:
        """Stop units, written down."""
        steps = [f"stop {unit}" for unit in units]
        yield from self._written(self._engine.stop(units), verb="stop", steps=steps)

    def down(self, *, volumes: Sequence[str] = ()) -> Iterator[Event]:
        """Take down, written down, with the volumes that were named."""
        steps = [f"remove {volume}" for volume in volumes]
        yield from self._written(self._engine.down(volumes=volumes), verb="down", steps=steps)

    def logs(
        self, units: Sequence[str], *, tail: int = 100, follow: bool = False
    ) -> Iterator[LogLine]:
        """Give log lines."""
        yield from self._engine.logs(units, tail=tail, follow=follow)

    def execute(
        self,
        unit: str,
        argv: Sequence[str],
        *,
        timeout_seconds: float = 60,
        environment: Mapping[str, str] = NOTHING,
        tell: Callable[[str], None] | None = None,
    ) -> Executed:
        """Run a command inside a unit."""
        return self._engine.execute(
            unit, argv, timeout_seconds=timeout_seconds, environment=environment, tell=tell
        )

    def stats(self, units: Sequence[str]) -> tuple[Usage, ...]:
        """Measure running units."""
        return self._engine.stats(units)

    def _written(
        self,
        events: Iterator[Event],
        *,
        verb: str,
        steps: Sequence[str],
        secrets: Mapping[str, Secret] | None = None,
    ) -> Iterator[Event]:
        from uuid import uuid4

        record = _Record(run=uuid4().hex[:12], steps=dict.fromkeys(steps, "untouched"))
        begin = {"event": "begin", "who": who(), "pid": os.getpid(), "verb": verb}
        self._log.append({"run": record.run, **begin, "engine": self._name, "steps": list(steps)})
        try:
            for event in events:
                record.take(event)
                yield event
            record.is_over = True
        finally:
            # Closed here as well when the person stops half way, so that the engine ends first.
            close = getattr(events, "close", None)
            if close is not None:
                close()
            self._log.append(_redacted(record.entry(), secrets or {}))


@dataclass(slots=True, kw_only=True)
class _Record:
    """How one run goes."""

    run: str
    steps: dict[str, str]
    failures: dict[str, str] = field(default_factory=dict)
    is_over: bool = False

    def take(self, event: Event) -> None:
        """Take in what an event says of its step."""
        from hearth_control.engine.events import StepDone, StepFailed, StepSkipped

        match event:
            case StepDone(step=step):
                self.steps[step.id] = "done"
            case StepSkipped(step=step):
                self.steps[step.id] = "skipped"
            case StepFailed(step=step, failure=failure):
                self.steps[step.id] = "failed"
                self.failures[step.id] = failure.summary
            case _:
                pass

    def entry(self) -> dict[str, object]:
        """Give the line that ends the run."""
        outcome = "failed" if self.failures else "done"
        return {
            "run": self.run,
            "event": "end",
            "outcome": outcome if self.is_over else "interrupted",
            "steps": self.steps,
            "failures": self.failures,
        }


def who() -> str:
    """Name the person: the one behind `sudo` where there is one."""
    import getpass

    person = os.environ.get("SUDO_USER")  # lint: environment only sudo knows
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container's user need not be in the list of users.
        user = str(os.getuid())
    return f"{person} as {user}" if person and person != user else user


def _redacted(entry: dict[str, object], secrets: Mapping[str, Secret]) -> dict[str, object]:
    failures = entry.get("failures")
    if not isinstance(failures, dict):
        return entry
    values = [secret.reveal() for secret in secrets.values()]
    hidden = dict(failures)
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= MIN_REDACTED:
            hidden = {key: text.replace(value, REDACTED) for key, text in hidden.items()}
    return {**entry, "failures": hidden}
