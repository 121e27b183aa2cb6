"""An engine that tells what it would do and does nothing; looking is real."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from hearth_kit.secret import Secret

from hearth_control.engine.events import Event, LogLine, StepDone, StepStarted
from hearth_control.engine.observed import Observed
from hearth_control.engine.port import NOTHING, Engine, EngineFacts, Executed, Usage
from hearth_control.plan.model import Plan, Step, StepKind
from hearth_control.render.artifacts import Artifacts

CAUSE = "dry run"


class DryRunEngine:
    """The port around another engine: what looks goes through, what changes only tells."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def probe(self) -> EngineFacts:
        """Ask the engine who it is."""
        return self._engine.probe()

    def observe(self) -> Observed:
        """Take one snapshot."""
        return self._engine.observe()

    def apply(
        self, plan: Plan, artifacts: Artifacts, secrets: Mapping[str, Secret]
    ) -> Iterator[Event]:
        """Tell each step as begun and done at once; no file is written."""
        del artifacts, secrets
        yield from _told(plan.steps)

    def stop(self, units: Sequence[str]) -> Iterator[Event]:
        """Tell which units would be stopped."""
        seen = {unit.name for unit in self._engine.observe().units}
        yield from _told(_steps(StepKind.STOP, [unit for unit in units if unit in seen]))

    def down(self, *, volumes: Sequence[str] = ()) -> Iterator[Event]:
        """Tell what would be removed."""
        seen = self._engine.observe()
        units = sorted({unit.name for unit in seen.units})
        named = [volume for volume in sorted(seen.volumes) if volume in volumes]
        yield from _told(_steps(StepKind.REMOVE, [*units, *sorted(seen.networks), *named]))

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
        """Say that the command would be run."""
        del timeout_seconds, environment, tell
        return Executed(exit_code=0, stdout=f"{unit}: would run {' '.join(argv)}\n", stderr="")

    def stats(self, units: Sequence[str]) -> tuple[Usage, ...]:
        """Measure running units."""
        return self._engine.stats(units)


def _steps(kind: StepKind, targets: Sequence[str]) -> list[Step]:
    return [Step(kind=kind, target=target, cause=CAUSE) for target in targets]


def _told(steps: Sequence[Step]) -> Iterator[Event]:
    for step in steps:
        yield StepStarted(step=step)
        yield StepDone(step=step, seconds=0.0)
