"""The memory engine: the whole port, with units that exist only as values.

Ships with the product so that whoever builds on Hearth tests the way Hearth does. It keeps every
promise of the port that does not need a process: order, idempotence, failures, logs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from hearth_kit.clock import Clock, ManualClock
from hearth_kit.secret import Secret

from hearth_control.engine.errors import UnitNotRunningError
from hearth_control.engine.events import (
    Event,
    Failure,
    LogLine,
    StepDone,
    StepFailed,
    StepSkipped,
    StepStarted,
)
from hearth_control.engine.memory.behaviour import STEADY, Behaviour
from hearth_control.engine.observed import Health, Observed, ObservedUnit, State
from hearth_control.engine.port import NOTHING, EngineFacts, Executed, Usage
from hearth_control.plan.model import Plan, Step, StepKind, Unit
from hearth_control.render.artifacts import Artifacts
from hearth_control.settings.model import EngineName

Answer = Callable[[str, Sequence[str]], Executed]
_STARTS = frozenset({StepKind.CREATE, StepKind.RECREATE, StepKind.START, StepKind.RUN})


def _agree(unit: str, argv: Sequence[str]) -> Executed:
    return Executed(exit_code=0, stdout=f"{unit}: {' '.join(argv)}\n", stderr="")


@dataclass(slots=True, kw_only=True)
class MemoryEngine:
    """One installation that exists in this process only."""

    project: str = "hearth"
    name: EngineName = EngineName.EMBEDDED
    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    """Unit name → how it behaves; the others are steady."""
    answer: Answer = _agree
    clock: Clock = field(default_factory=ManualClock)
    networks: dict[str, str] = field(default_factory=dict)
    volumes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    executed: list[tuple[str, tuple[str, ...], dict[str, str]]] = field(default_factory=list)
    """Every command that it was asked to run: unit, command, environment."""
    _units: dict[str, ObservedUnit] = field(default_factory=dict)
    _logs: list[LogLine] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def probe(self) -> EngineFacts:
        """Name itself."""
        return EngineFacts(name="memory", version="1", detail="units are values of this process")

    def observe(self) -> Observed:
        """Give the units as they are, by name."""
        return Observed(
            engine=self.name.value,
            units=tuple(self._units[name] for name in sorted(self._units)),
            networks=dict(self.networks),
            volumes=dict(self.volumes),
        )

    def apply(
        self, plan: Plan, artifacts: Artifacts, secrets: Mapping[str, Secret]
    ) -> Iterator[Event]:
        """Carry the steps out one after the other."""
        del artifacts, secrets
        for volume in plan.volumes:
            self.volumes.setdefault(volume, {"hearth.project": self.project})
        lost: set[str] = set()
        for step in plan.steps:
            because = next((need for need in step.needs if need in lost), None)
            if because is not None:
                lost.add(step.id)
                yield StepSkipped(step=step, because=f"`{because}` failed")
                continue
            yield StepStarted(step=step)
            failure = self._carry_out(plan, step)
            if failure is None:
                yield StepDone(step=step, seconds=0.0)
            else:
                lost.add(step.id)
                yield StepFailed(step=step, failure=failure)

    def stop(self, units: Sequence[str]) -> Iterator[Event]:
        """Stop units; the rest stays."""
        for name in units:
            if name in self._units:
                step = Step(kind=StepKind.STOP, target=name, cause="stopped by you")
                yield StepStarted(step=step)
                self._halt(name)
                yield StepDone(step=step, seconds=0.0)

    def down(self, *, volumes: Sequence[str] = ()) -> Iterator[Event]:
        """Remove every unit and network, and the volumes that are named."""
        for name in sorted(self._units):
            step = Step(kind=StepKind.REMOVE, target=name, cause="taken down by you")
            yield StepStarted(step=step)
            del self._units[name]
            yield StepDone(step=step, seconds=0.0)
        self.networks.clear()
        for volume in volumes:
            self.volumes.pop(volume, None)

    def logs(
        self, units: Sequence[str], *, tail: int = 100, follow: bool = False
    ) -> Iterator[LogLine]:
        """Give last lines; following ends when nobody has anything to say."""
        self._tick(units)
        wanted = [line for line in self._logs if line.unit in units]
        yield from wanted if tail >= len(wanted) else _tails(wanted, units, tail)
        while follow:
            fresh = self._tick(units)
            if not fresh:
                return
            yield from fresh

    def execute(
        self,
        unit: str,
        argv: Sequence[str],
        *,
        timeout_seconds: float = 60,
        environment: Mapping[str, str] = NOTHING,
        tell: Callable[[str], None] | None = None,
    ) -> Executed:
        """Give the answer that this engine was made with."""
        del timeout_seconds
        self.executed.append((unit, tuple(argv), dict(environment)))
        if not self._runs(unit):
            message = f"{self.project}: unit `{unit}` does not run"
            raise UnitNotRunningError(message, hint="hearth up")
        answer = self.answer(unit, argv)
        if tell is not None:
            for line in answer.stdout.splitlines():
                tell(line)
        return answer

    def stats(self, units: Sequence[str]) -> tuple[Usage, ...]:
        """Give what each running unit's behaviour says that it uses."""
        return tuple(
            Usage(unit=name, cpu=self._behaviour(name).cpu, memory=self._behaviour(name).memory)
            for name in units
            if self._runs(name)
        )

    def crash(self, name: str, *, exit_code: int = 1) -> None:
        """Let a unit die, as a test or a demonstration wants it."""
        self._units[name] = replace(
            self._units[name],
            state=State.EXITED,
            health=Health.NONE,
            exit_code=exit_code,
            pid=None,
        )

    def _carry_out(self, plan: Plan, step: Step) -> Failure | None:
        if step.kind in _STARTS:
            unit = plan.unit(step.target)
            return None if unit is None else self._start(unit)
        if step.kind is StepKind.STOP:
            self._halt(step.target)
        elif step.kind is StepKind.REMOVE:
            self._units.pop(step.target, None)
            self.networks.pop(step.target, None)
        elif step.kind is StepKind.NETWORK:
            network = next((n for n in plan.networks if n.name == step.target), None)
            self.networks[step.target] = (network.subnet if network else None) or ""
        return None

    def _start(self, unit: Unit) -> Failure | None:
        seen = self._units.get(unit.name)
        if seen is not None and seen.hash == unit.hash and seen.state is State.RUNNING:
            return None
        behaviour = self._behaviour(unit.name)
        self._say(unit.name, behaviour.says)
        code = 0 if unit.job and behaviour.fails_with is None else behaviour.fails_with
        number = next(self._ids)
        self._units[unit.name] = ObservedUnit(
            name=unit.name,
            service=unit.service,
            state=State.RUNNING if code is None else State.EXITED,
            health=Health.HEALTHY if code is None else Health.NONE,
            hash=unit.hash,
            job=unit.job,
            exit_code=code,
            started_at=self.clock.now(),
            id=f"memory-{number}",
            pid=number if code is None else None,
        )
        return self._failure(unit.name, code) if code else None

    def _failure(self, name: str, code: int) -> Failure:
        return Failure(
            unit=name,
            summary=f"{name}: exited with code {code} before it was ready",
            exit_code=code,
            log_lines=tuple(line.text for line in self._logs if line.unit == name)[-20:],
            hint=f"hearth logs {name}",
        )

    def _halt(self, name: str) -> None:
        if name in self._units:
            self._units[name] = replace(
                self._units[name], state=State.STOPPED, health=Health.NONE, pid=None
            )

    def _runs(self, name: str) -> bool:
        return name in self._units and self._units[name].state is State.RUNNING

    def _behaviour(self, name: str) -> Behaviour:
        return self.behaviours.get(name, STEADY)

    def _say(self, name: str, texts: Sequence[str]) -> list[LogLine]:
        lines = [
            LogLine(unit=name, text=text.format(name=name), time=self.clock.now()) for text in texts
        ]
        self._logs.extend(lines)
        return lines

    def _tick(self, units: Sequence[str]) -> list[LogLine]:
        fresh: list[LogLine] = []
        for name in units:
            if self._runs(name) and self._behaviour(name).ticks:
                fresh += self._say(name, (self._behaviour(name).ticks,))
        return fresh


def _tails(lines: Sequence[LogLine], units: Sequence[str], tail: int) -> list[LogLine]:
    """Keep each unit's last lines, in the order in which they were said."""
    kept: set[int] = set()
    for name in units:
        own = [index for index, line in enumerate(lines) if line.unit == name]
        kept.update(own[-tail:] if tail > 0 else ())
    return [line for index, line in enumerate(lines) if index in kept]
