"""Units of the lab's images on a real engine, under a project of their own, and what ends them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from hearth_control.catalog.model import Probe
from hearth_control.engine.compose.adapter import ComposeEngine
from hearth_control.engine.events import Event, Failure, StepDone, StepFailed
from hearth_control.engine.observed import ObservedUnit
from hearth_control.plan.model import ContainerUnit, Network, Plan, SecretUse, Step, StepKind
from hearth_control.render.artifacts import Artifacts
from hearth_control.settings.model import EngineName
from hearth_kit.secret import Secret

SHELL = "python:3.13-slim-trixie"
SERVER = "hearth-lab/placeholder:1"
QUICK = {"interval": "1s", "timeout": "2s", "retries": 2, "start_period": "1s"}


@dataclass(kw_only=True)
class ComposeBench:
    """One installation that lives for one test."""

    home: Path
    project: str = field(default_factory=lambda: f"hearth-test-{uuid4().hex[:8]}")
    secrets: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def __post_init__(self) -> None:
        self.engine = ComposeEngine(
            project=self.project, home=self.home, environment=self.environment
        )

    @property
    def lan(self) -> str:
        """Name the one network."""
        return f"{self.project}-lan"

    def unit(
        self,
        name: str,
        spec: Mapping[str, Any],
        *,
        needs: tuple[str, ...] = (),
        mark: str = "h1",
        job: bool = False,
        probe: Probe | None = None,
        start_seconds: int = 20,
    ) -> ContainerUnit:
        """Make a unit as the planner would: labelled, and with the conditions of what it needs."""
        labels = {
            "hearth.project": self.project,
            "hearth.service": name,
            "hearth.unit": name,
            "hearth.hash": mark,
            "hearth.job": "true" if job else "false",
        }
        whole = {"image": SHELL, "stop_grace_period": "2s", "init": True, "networks": [self.lan]}
        whole |= {**spec, "labels": labels}
        if needs:
            whole["depends_on"] = {need: {"condition": "service_started"} for need in needs}
        return ContainerUnit(
            name=name,
            service=name,
            spec=whole,
            hash=mark,
            image=str(whole["image"]),
            job=job,
            needs=needs,
            probe=probe,
            start_seconds=start_seconds,
            secrets=tuple(SecretUse(key=key, variable=key.upper()) for key in self.secrets),
        )

    def sh(self, name: str, script: str, **options: Any) -> ContainerUnit:
        """Make a unit that runs a shell script."""
        spec = options.pop("spec", {})
        # Compose would take `$` for a variable of its own.
        command = ["bash", "-c", script.replace("$", "$$")]
        return self.unit(name, {**spec, "command": command}, **options)

    def plan(self, units: Sequence[ContainerUnit], steps: Sequence[Step]) -> Plan:
        """Wrap units and steps into a plan with one network."""
        members = tuple(unit.name for unit in units)
        lan = Network(name=self.lan, role="lan", internal=False, members=members)
        return Plan(
            project=self.project,
            engine=EngineName.COMPOSE,
            services=(),
            units=tuple(units),
            wires=(),
            published=(),
            networks=(lan,),
            databases=(),
            volumes={},
            secrets=tuple(self.secrets),
            configs={},
            steps=tuple(steps),
            notes=(),
        )

    def artifacts(self, plan: Plan) -> Artifacts:
        """Render the plan's units; JSON is YAML."""
        labels = {"hearth.project": self.project}
        volumes = {
            source
            for unit in plan.units
            if isinstance(unit, ContainerUnit)
            for source in (text.partition(":")[0] for text in unit.spec.get("volumes", ()))
            if not source.startswith((".", "/"))
        }
        document = {
            "name": self.project,
            "services": {
                unit.name: unit.spec for unit in plan.units if isinstance(unit, ContainerUnit)
            },
            "networks": {self.lan: {"name": self.lan, "labels": labels}},
            "volumes": {name: {"labels": labels} for name in sorted(volumes)},
        }
        return Artifacts(
            files={"compose.yaml": json.dumps(document, indent=1)},
            secret_variables={key.upper(): key for key in self.secrets},
        )

    def apply(self, *units: ContainerUnit, kind: StepKind = StepKind.CREATE) -> list[Event]:
        """Apply one step a unit, jobs being run."""
        return list(self.start(*units, kind=kind))

    def start(self, *units: ContainerUnit, kind: StepKind = StepKind.CREATE) -> Iterator[Event]:
        """Begin to apply one step a unit."""
        steps = [
            Step(
                kind=StepKind.RUN if unit.job else kind,
                target=unit.name,
                cause="the test wants it",
                service=unit.service,
            )
            for unit in units
        ]
        return self.carry_out(self.plan(units, steps))

    def carry_out(self, plan: Plan) -> Iterator[Event]:
        """Begin to apply a plan."""
        values = {key: Secret(value) for key, value in self.secrets.items()}
        return self.engine.apply(plan, self.artifacts(plan), values)

    def seen(self, name: str) -> ObservedUnit:
        """Observe one unit, which must be there."""
        unit = self.engine.observe().unit(name)
        assert unit is not None, f"{name} is not observed"
        return unit

    def end(self) -> None:
        """Remove what this installation has on the engine, volumes included."""
        volumes = tuple(self.engine.observe().volumes)
        failed = [event for event in self.engine.down(volumes=volumes) if failure_in([event])]
        assert not failed, failed


@contextmanager
def compose_bench(home: Path, **options: Any) -> Iterator[ComposeBench]:
    """Have an installation, and nothing of it afterwards."""
    bench = ComposeBench(home=home, **options)
    try:
        yield bench
    finally:
        bench.end()


def done(events: Sequence[Event]) -> list[str]:
    """Name the steps that ended well, in order."""
    return [event.step.id for event in events if isinstance(event, StepDone)]


def failure_in(events: Sequence[Event]) -> Failure | None:
    """Find the first failure."""
    return next((event.failure for event in events if isinstance(event, StepFailed)), None)


def get_failure(events: Sequence[Event]) -> Failure:
    """Give the first failure, which must be there."""
    failure = failure_in(events)
    assert failure is not None, events
    return failure


def eventually(check: Callable[[], bool], what: str, *, seconds: float = 20) -> None:
    """Wait until a check holds, or fail saying what was waited for."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"waited {seconds} s: {what}"
        time.sleep(0.05)
