"""Bringing up: from a plan to a running platform, telling as it goes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace

from hearth_kit.files import make_private

from hearth_control.deploy.applied import Applied, applied_from, digest_settings, save_applied
from hearth_control.deploy.errors import writing
from hearth_control.deploy.held_back import HeldBack
from hearth_control.deploy.outcome import Outcome, gather
from hearth_control.deploy.restrict import destructive, restrict
from hearth_control.deploy.situation import Situation, plan_for
from hearth_control.deploy.vault import remember
from hearth_control.deploy.world import World
from hearth_control.engine.events import Event, StepFailed, StepSkipped
from hearth_control.plan.model import Plan, Step
from hearth_control.render.artifacts import Artifacts
from hearth_control.settings.model import EngineName

MAX_PLANS = 6
"""How many plans one `up` makes because something, such as a subnet, was taken meanwhile."""
LOST = (StepFailed, StepSkipped)

Confirm = Callable[[tuple[Step, ...]], None]
"""Asks the person about destructive steps; raises to stop."""


def pause_apart(turn: int) -> None:
    """Wait, longer each turn and by chance: two that plan at once would take the same again."""
    time.sleep(random.uniform(0.1, 0.4 * 2**turn))  # noqa: S311  # chance, not a secret


@dataclass(slots=True, kw_only=True)
class Deploy:
    """One deploy in its course. Iterate `run` to the end, then read `outcome`."""

    world: World
    situation: Situation
    plan: Plan
    services: tuple[str, ...] = ()
    """The services that the plan was cut down to; all where none is named."""
    new_secrets: tuple[str, ...] = ()
    events: list[Event] = field(default_factory=list)
    started: float = 0.0
    pause: Callable[[int], None] = pause_apart
    has_begun: bool = False
    """The lock was had: what follows changes the home and the engine."""

    def run(self) -> Generator[Event]:
        """Carry the plan out under the deploy lock.

        Closing the iterator stops after the current step; what was done stays done. What fails
        because the world changed after it was looked at is planned again, a few times.

        Raises:
            DeployLockedError: another deploy runs.
            HomeNotWritableError, DiskFullError: the home does not take what must be written.
        """
        clock = self.world.clock
        self.started = clock.monotonic()
        with writing(self.world.home), self.world.deploy_lock():
            self.has_begun = True
            self._prepare()
            self._remember(all_well=False)
            yield from self._carry_out()
            self._remember(all_well=not any(isinstance(each, LOST) for each in self.events))

    def _carry_out(self) -> Generator[Event]:
        for turn in range(1, MAX_PLANS):
            held = HeldBack()
            yield from self._apply(held)
            if not held.events or not self._plan_again(held, turn):
                yield from self._tell(held.events)
                return
        yield from self._apply(None)

    def _remember(self, *, all_well: bool) -> None:
        remember(
            self.world,
            self.plan,
            catalog=self.situation.catalog,
            observed=self.situation.observed,
            all_well=all_well and not self.services,
        )

    def _apply(self, held: HeldBack | None) -> Generator[Event]:
        secrets = self.world.secrets.load(self.plan.secrets)
        artifacts = render_plan(self.plan)
        for event in self.situation.engine.apply(self.plan, artifacts, secrets):
            if held is None or not held.takes(event):
                self.events.append(event)
                yield event

    def _tell(self, events: Iterable[Event]) -> Generator[Event]:
        for event in events:
            self.events.append(event)
            yield event

    def _plan_again(self, held: HeldBack, turn: int) -> bool:
        """Look anew and plan from that, if this tries again what failed."""
        self.pause(turn)
        situation = replace(self.situation, observed=self.situation.engine.observe())
        plan = restrict(plan_for(self.world, situation), self.services)
        if not held.is_mended_by(plan, self.plan):
            return False
        self.situation, self.plan = situation, plan
        return True

    def _prepare(self) -> None:
        """Make what is missing; new secrets change hashes, so the same plan is made once more."""
        make_private(self.world.home)
        if self.plan.missing_secrets:
            self.new_secrets = self.world.secrets.ensure(self.plan, self.situation.catalog)
            self.plan = restrict(plan_for(self.world, self.situation), self.services)
        save_applied(self.world.home, record_of(self.world, self.situation, self.plan))

    @property
    def outcome(self) -> Outcome:
        """Say how it went so far."""
        seconds = self.world.clock.monotonic() - self.started
        return gather(self.plan, self.events, seconds=seconds)


def record_of(world: World, situation: Situation, plan: Plan) -> Applied:
    """Make the record that later verbs read."""
    return applied_from(
        plan,
        why_engine=situation.choice.why,
        at=world.clock.now().isoformat(timespec="seconds"),
        settings_digest=digest_settings(world.home),
    )


def render_plan(plan: Plan) -> Artifacts:
    """Turn a plan into the files that its engine or its units read."""
    if plan.engine is EngineName.COMPOSE:
        from hearth_control.render.compose import render_compose

        return render_compose(plan)
    from hearth_control.render.backup import backup_files
    from hearth_control.render.stack import stack_files

    files = {**plan.configs, **stack_files(plan), **backup_files(plan)}
    return Artifacts(files=files, secret_variables={})


def confirm_losses(plan: Plan, confirm: Confirm) -> None:
    """Ask once, if the plan destroys anything."""
    losing = destructive(plan)
    if losing:
        confirm(losing)
