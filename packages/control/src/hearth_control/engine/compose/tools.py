"""What the parts of one apply share: the API, the project's files, the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hearth_kit.secret import REDACTED

from hearth_control.engine.compose.api import EngineAPI, Json
from hearth_control.engine.compose.argv import Project
from hearth_control.engine.compose.crew import Interrupts
from hearth_control.engine.compose.observe import PROJECT, UNIT
from hearth_control.engine.compose.own_check import Passed
from hearth_control.engine.events import Event
from hearth_control.plan.model import ContainerUnit, Plan, Step

MIN_REDACTED = 4
Tell = Callable[[Event], None]
"""Takes news of a step while it goes on; may be called from any thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Everything that carrying out one plan works with. `environment` is for Docker's programs."""

    api: EngineAPI
    project: Project
    plan: Plan
    environment: Mapping[str, str]
    check_plugin: Callable[[], None]
    """Raises when the compose plugin is missing or too old; called before it is first used."""

    interrupts: Interrupts
    passed: Passed
    secrets: Sequence[str] = field(default=(), repr=False)
    """Values that no text may show: Compose quotes what it was given in its errors."""

    def redact(self, text: str) -> str:
        """Blank the secrets in a text, longest first; very short ones are words of any text."""
        for value in sorted(self.secrets, key=len, reverse=True):
            if len(value) >= MIN_REDACTED:
                text = text.replace(value, REDACTED)
        return text

    def unit(self, step: Step) -> ContainerUnit | None:
        """Find the container that a step is about."""
        unit = self.plan.unit(step.target)
        return unit if isinstance(unit, ContainerUnit) else None

    def containers(self) -> dict[str, list[Json]]:
        """List this installation's containers by unit, running or not."""
        found: dict[str, list[Json]] = {}
        for container in self.api.containers(f"{PROJECT}={self.plan.project}"):
            found.setdefault(container["Labels"].get(UNIT, ""), []).append(container)
        return found
