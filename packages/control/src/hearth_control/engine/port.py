"""The engine port: what `up`, `status`, `logs` and the rest ask of whatever runs the units."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # The plan's model takes 20 ms to import; `status` has no plan.
    from hearth_kit.secret import Secret

    from hearth_control.engine.events import Event, LogLine
    from hearth_control.engine.observed import Observed
    from hearth_control.plan.model import Plan
    from hearth_control.render.artifacts import Artifacts

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """What an engine says of itself."""

    name: str
    version: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What a command in a unit gave."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a unit uses now: CPU as a share of one core, memory in bytes."""

    unit: str
    cpu: float
    memory: int
    memory_limit: int | None = None


class Engine(Protocol):
    """One installation on one engine. Synchronous: `status` must start fast.

    Every method raises `EngineUnavailableError` when the engine does not answer, whose text and
    hint say what to do; nothing is retried here (wrappers do that).
    """

    def probe(self) -> EngineFacts:
        """Ask the engine who it is. Cheap; also the test for `ENGINE=auto`."""
        ...

    def observe(self) -> Observed:
        """Take one snapshot. An installation that was never started gives no units."""
        ...

    def apply(
        self, plan: Plan, artifacts: Artifacts, secrets: Mapping[str, Secret]
    ) -> Iterator[Event]:
        """Carry the plan's steps out in order, telling as it goes.

        `secrets` maps each key of `plan.secrets` to its value. Idempotent. A failed step does
        not raise: it is a `StepFailed`, and what needs it a `StepSkipped`. Closing the iterator
        stops after the current step. The caller holds the deploy lock.
        """
        ...

    def stop(self, units: Sequence[str]) -> Iterator[Event]:
        """Stop units and keep them and their data. Unknown or stopped units are no error."""
        ...

    def down(self, *, volumes: Sequence[str] = ()) -> Iterator[Event]:
        """Stop and remove every unit and network; remove only the volumes that are named."""
        ...

    def logs(
        self, units: Sequence[str], *, tail: int = 100, follow: bool = False
    ) -> Iterator[LogLine]:
        """Give each unit's last lines in order of time, then the new ones if following."""
        ...

    def execute(
        self,
        unit: str,
        argv: Sequence[str],
        *,
        timeout_seconds: float = 60,
        environment: Mapping[str, str] = NOTHING,
        tell: Callable[[str], None] | None = None,
    ) -> Executed:
        """Run a command inside a running unit. Raises `UnitNotRunningError`.

        `environment` is added to the unit's own, for this command alone; values in it are in no
        argument, no log and no record. `tell` gets each line of standard output as it comes.
        """
        ...

    def stats(self, units: Sequence[str]) -> tuple[Usage, ...]:
        """Measure running units once; units that do not run are left out."""
        ...
