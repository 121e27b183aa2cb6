"""A unit that was started and is waited for: what was found out of it so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hearth_control.engine.compose.api import EngineAPI, Json
from hearth_control.engine.compose.errors import EngineLacksError
from hearth_control.engine.compose.explain import log_tail
from hearth_control.engine.compose.observe import health_of
from hearth_control.engine.compose.own_check import check_argv, is_slow
from hearth_control.engine.compose.readiness import (
    SETTLE_SECONDS,
    Asked,
    Failed,
    Pending,
    Verdict,
    joined,
    judge,
)
from hearth_control.engine.observed import Health
from hearth_control.plan.model import ContainerUnit, Step

LOOK_SECONDS = 0.5
LOG_SECONDS = 2.0
PROBE_SECONDS = 0.3
MAX_PROBE_SECONDS = 3.0
PROBE_GROWTH = 1.5
NOT_ASKED = "not asked yet"


@dataclass(slots=True, kw_only=True)
class Watch:
    """One unit under watch. Times are the monotonic clock's.

    By container id: `crashes` restarts from before · `found` what it last was · `since` its last
    beginning or end as the engine says it, and when that was first seen · `probed` what the probe
    from outside said last · `checked` what its own check said when Hearth ran it. `ended` is what
    a container was when it last was down.
    """

    step: Step
    unit: ContainerUnit
    started: float
    crashes: Mapping[str, int]
    found: dict[str, Json] = field(default_factory=dict)
    ended: Json | None = None
    since: dict[str, tuple[str, float]] = field(default_factory=dict)
    probed: dict[str, str] = field(default_factory=dict)
    checked: dict[str, str] = field(default_factory=dict)
    why: str = ""
    next_look: float = 0.0
    next_probe: float = 0.0
    next_log: float = 0.0
    is_probing: bool = False
    pause: float = PROBE_SECONDS

    def look(self, api: EngineAPI, now: float) -> Verdict:
        """Inspect the unit's containers and judge."""
        elapsed = now - self.started
        # The first look after a container has settled comes in time for it to be ready then.
        soon = SETTLE_SECONDS - elapsed + 0.01
        self.next_look = now + (soon if 0 < soon < LOOK_SECONDS else LOOK_SECONDS)
        verdict = joined([self._look_at(api, container, now) for container in self.crashes])
        if isinstance(verdict, Pending) and self.unit.job:
            return Pending(why=self._job_news(api, now) or verdict.why)
        return verdict

    def evidence(self) -> Json:
        """Give the container that shows best why the unit failed."""
        return self.ended or next(iter(self.found.values()), {})

    def unprobed(self) -> Iterator[Json]:
        """Give the containers that a probe from outside has not passed."""
        if self.unit.probe:
            yield from self._running_without("", self.probed)

    def unchecked(self) -> Iterator[Json]:
        """Give the containers whose own check the engine has not yet seen pass."""
        for found in self._running_without("", self.checked):
            config = found["Config"]
            is_starting = health_of(found["State"]) is Health.STARTING
            if is_starting and is_slow(config) and check_argv(config):
                yield found

    def early(self) -> Iterator[Json]:
        """Give the containers that passed their own check before the engine ran it."""
        for container, found in self.found.items():
            is_starting = health_of(found.get("State", {})) is Health.STARTING
            if is_starting and self.checked.get(container) == "":
                yield found

    def take_round(
        self, *, probed: Mapping[str, str], checked: Mapping[str, str], now: float
    ) -> None:
        """Take in what a round of asking gave; the next one comes a little later."""
        self.probed.update(probed)
        self.checked.update(checked)
        self.is_probing = False
        self.pause = min(self.pause * PROBE_GROWTH, MAX_PROBE_SECONDS) if checked else self.pause
        self.next_probe = now + self.pause

    def _running_without(self, word: str, said: Mapping[str, str]) -> Iterator[Json]:
        for container, found in self.found.items():
            if said.get(container) != word and found.get("State", {}).get("Running"):
                yield found

    def _look_at(self, api: EngineAPI, container: str, now: float) -> Verdict:
        try:
            found = api.inspect(container)
        except EngineLacksError:
            return Failed(summary=f"{self.unit.name}: somebody removed its container")
        self.found[container] = found
        said = found.get("State", {})
        if said.get("Restarting") or not said.get("Running"):
            self.ended = found
        lasted = now - self._first_seen(container, said, now)
        probe = self.probed.get(container, NOT_ASKED) if self.unit.probe else None
        asked = Asked(
            elapsed=now - self.started,
            up=lasted if said.get("Running") else 0.0,
            down=0.0 if said.get("Running") else lasted,
            probe=probe,
            check=self.checked.get(container),
            crashes=self.crashes[container],
        )
        return judge(self.unit, found, asked)

    def _first_seen(self, container: str, said: Mapping[str, Any], now: float) -> float:
        # The engine's clock may be another machine's, so only its change is read.
        mark = str(said.get("StartedAt") if said.get("Running") else said.get("FinishedAt"))
        if self.since.get(container, ("", 0.0))[0] != mark:
            self.since[container] = (mark, now)
            self.probed.pop(container, None)
            self.checked.pop(container, None)
        return self.since[container][1]

    def _job_news(self, api: EngineAPI, now: float) -> str:
        if now < self.next_log:
            return self.why
        self.next_log = now + LOG_SECONDS
        last = next((log_tail(api, found, tail=1) for found in self.found.values()), ())
        return f"job: {last[-1][:160]}" if last and last[-1].strip() else ""
