"""Carrying a plan out: one loop that begins steps, hears news and says what happens.

All decisions are the plan's; this only keeps its order. Work that takes time runs in the crew's
threads, everything else in the thread of whoever iterates.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from hearth_kit.clock import Clock
from hearth_kit.errors import HearthError

from hearth_control.engine.compose import probe
from hearth_control.engine.compose.actions import ACTIONS, count_crashes, start_containers
from hearth_control.engine.compose.api import Json
from hearth_control.engine.compose.create import create_containers
from hearth_control.engine.compose.crew import Crew, Lane
from hearth_control.engine.compose.errors import ComposeFailedError
from hearth_control.engine.compose.explain import failure_of_error, failure_of_unit
from hearth_control.engine.compose.messages import (
    Created,
    Ended,
    Message,
    News,
    Probed,
    Started,
    Told,
)
from hearth_control.engine.compose.observe import PROJECT
from hearth_control.engine.compose.own_check import run_check
from hearth_control.engine.compose.readiness import Failed, Pending, Ready
from hearth_control.engine.compose.schedule import STARTS, Schedule, leaned_on
from hearth_control.engine.compose.tools import Tools
from hearth_control.engine.compose.watch import LOOK_SECONDS, Watch
from hearth_control.engine.events import (
    Event,
    Failure,
    StepDone,
    StepFailed,
    StepSkipped,
    StepStarted,
    Waiting,
)
from hearth_control.plan.model import ContainerUnit, Step, StepKind

QUIET_SECONDS = 0.3
"""What comes up faster than this is not reported as waited for."""
MAX_STARTS = 8
"""How many containers the engine is asked to start at once."""
_LANES = {
    StepKind.PULL: Lane.PULL,
    StepKind.BUILD: Lane.BUILD,
    StepKind.NETWORK: Lane.NETWORK,
}


class Conductor:
    """One apply. Iterate `run` once; closing it ends what goes on and leaves the rest undone."""

    def __init__(self, tools: Tools, *, clock: Clock) -> None:
        self._tools = tools
        self._clock = clock
        self._schedule = Schedule(tools.plan)
        self._crew: Crew[Message] = Crew()
        self._out: deque[Event] = deque()
        self._begun: dict[str, float] = {}
        self._watches: dict[str, Watch] = {}
        self._ids: Mapping[str, tuple[str, ...]] | None = None
        self._is_creating = False
        self._starts = 0
        self._early: list[Json] = []
        self._unready: dict[str, Watch] = {}

    def run(self) -> Iterator[Event]:
        """Carry every step out that can be; tell as it goes."""
        try:
            while True:
                self._advance()
                yield from self._drain()
                if self._schedule.is_over:
                    return
                self._hear(self._crew.take(self._until_next_look()))
                # Told before anything follows from it, so that closing here begins nothing more.
                yield from self._drain()
        finally:
            self._tools.interrupts.close()
            self._crew.close()
            if self._early:
                self._tools.passed.save(self._early)

    def _drain(self) -> Iterator[Event]:
        while self._out:
            yield self._out.popleft()

    def _advance(self) -> None:
        for step in self._schedule.ready():
            if step.kind not in STARTS:
                self._begin(step)
                self._crew.run(_LANES.get(step.kind, Lane.CHANGE), partial(self._act, step))
            elif self._may_start(step):
                # What is not begun yet can still be overtaken by what a longer chain waits for.
                self._starts += 1
                self._begin(step)
                self._crew.run(Lane.CHANGE, partial(self._start, step))
        self._create_once_prepared()

    def _may_start(self, step: Step) -> bool:
        if self._ids is None or self._starts >= MAX_STARTS:
            return False
        unit = self._tools.unit(step)
        return unit is None or not any(need in self._unready for need in unit.needs)

    def _begin(self, step: Step) -> None:
        self._schedule.begin(step)
        self._begun[step.id] = self._clock.monotonic()
        self._out.append(StepStarted(step=step))

    def _create_once_prepared(self) -> None:
        if self._is_creating or not self._schedule.starting() or not self._schedule.is_prepared:
            return
        self._is_creating = True
        self._crew.run(Lane.CREATE, self._create)
        self._crew.run(Lane.PROBE, self._listen)

    def _act(self, step: Step) -> Message:
        try:
            ACTIONS[step.kind](self._tools, step, lambda event: self._crew.tell(Told(event=event)))
        except HearthError as error:
            return Ended(step=step, error=error)
        return Ended(step=step)

    def _create(self) -> Message:
        steps = self._schedule.starting()
        units = [unit for step in steps if (unit := self._tools.unit(step))]
        try:
            errors = create_containers(self._tools, units)
        except HearthError as error:
            errors = {unit.name: error for unit in units}
        found = self._tools.containers()
        return Created(
            containers={name: tuple(one["Id"] for one in ones) for name, ones in found.items()},
            errors=errors,
            leaned_on={
                name: count_crashes(self._tools.api, tuple(one["Id"] for one in found[name]))
                for name in leaned_on(self._tools.plan)
                if name in found
            },
        )

    def _start(self, step: Step) -> Message:
        ids = (self._ids or {}).get(step.target, ())
        try:
            if not ids:
                message = f"{step.target}: there is no container to start"
                raise ComposeFailedError(message, hint="hearth up")
            return Started(step=step, crashes=start_containers(self._tools.api, ids))
        except HearthError as error:
            return Started(step=step, crashes=dict.fromkeys(ids, 0), error=error)

    def _listen(self) -> Message:
        """Hear of containers until the apply is over."""
        label = f"{PROJECT}={self._tools.plan.project}"
        try:
            with (
                self._tools.api.events(label) as stream,
                self._tools.interrupts.holding(stream.close),
            ):
                for event in stream.objects():
                    # A container's own check makes three events of each run; they say nothing.
                    if not str(event.get("status", "")).startswith("exec_"):
                        self._crew.tell(News(container=str(event.get("id", ""))))
        except HearthError:
            # News only saves time: every unit is looked at twice a second anyway.
            return News(container="")
        return News(container="")

    def _until_next_look(self) -> float:
        now = self._clock.monotonic()
        due = [min(watch.next_look, watch.next_probe) for watch in self._watches.values()]
        return min((time - now for time in due), default=LOOK_SECONDS)

    def _hear(self, message: Message | None) -> None:
        match message:
            case Told(event=event):
                self._out.append(event)
            case Ended(step=step, error=error):
                self._end(
                    step, failure_of_error(error, step=step, image=step.target) if error else None
                )
            case Created():
                self._take_created(message)
            case Started():
                self._take_started(message)
            case Probed():
                self._take_probed(message)
            case News(container=container):
                self._look(lambda watch: container in watch.crashes)
            case None:
                pass
        now = self._clock.monotonic()
        self._look(lambda watch: watch.next_look <= now)
        self._probe()

    def _end(self, step: Step, failure: Failure | None) -> None:
        self._watches.pop(step.id, None)
        if self._unready.pop(step.target, None):
            self._end_leaned_on(step.target, failure)
            return
        if failure is None:
            self._schedule.finish(step)
            seconds = self._clock.monotonic() - self._begun[step.id]
            self._out.append(StepDone(step=step, seconds=seconds))
            return
        self._out.append(StepFailed(step=step, failure=failure))
        for lost, cause in self._schedule.lose(step):
            self._out.append(StepSkipped(step=lost, because=f"`{cause.id}` failed"))

    def _end_leaned_on(self, name: str, failure: Failure | None) -> None:
        for step in self._schedule.starting() if failure else ():
            unit = self._tools.unit(step)
            if unit and name in unit.needs and self._schedule.is_waiting(step):
                self._begin(step)
                self._end(step, failure)

    def _take_created(self, created: Created) -> None:
        self._ids = created.containers
        for step in self._schedule.starting():
            if error := created.errors.get(step.target):
                self._begin(step)
                image = unit.image if (unit := self._tools.unit(step)) else ""
                self._end(step, failure_of_error(error, step=step, image=image))
        for name, crashes in created.leaned_on.items():
            step = Step(kind=StepKind.START, target=name, cause="others need it")
            if unit := self._tools.unit(step):
                self._unready[name] = self._watch(step, unit, crashes)
        self._look(lambda watch: watch.unit.name in self._unready)

    def _take_started(self, started: Started) -> None:
        self._starts -= 1
        step, unit = started.step, self._tools.unit(started.step)
        if started.error is not None or unit is None:
            error = started.error or ComposeFailedError(f"{step.target}: not a unit of the plan")
            image = unit.image if unit else ""
            self._end(step, failure_of_error(error, step=step, image=image))
            return
        self._watch(step, unit, started.crashes)

    def _watch(self, step: Step, unit: ContainerUnit, crashes: Mapping[str, int]) -> Watch:
        now = self._clock.monotonic()
        self._watches[step.id] = Watch(step=step, unit=unit, started=now, crashes=crashes)
        return self._watches[step.id]

    def _look(self, is_wanted: Callable[[Watch], bool]) -> None:
        for watch in tuple(self._watches.values()):
            if is_wanted(watch):
                self._judge(watch)

    def _judge(self, watch: Watch) -> None:
        now = self._clock.monotonic()
        match watch.look(self._tools.api, now):
            case Ready():
                self._early.extend(watch.early())
                self._end(watch.step, None)
            case Failed(summary=summary):
                api, found = self._tools.api, watch.evidence()
                check = next((said for said in watch.checked.values() if said), "")
                failure = failure_of_unit(api, found, step=watch.step, summary=summary, check=check)
                self._end(watch.step, failure)
            case Pending(why=why):
                if why != watch.why and now - watch.started >= QUIET_SECONDS:
                    watch.why = why
                    self._out.append(Waiting(step=watch.step, unit=watch.unit.name, why=why))

    def _probe(self) -> None:
        now = self._clock.monotonic()
        for watch in self._watches.values():
            if watch.is_probing or watch.next_probe > now:
                continue
            unprobed, unchecked = tuple(watch.unprobed()), tuple(watch.unchecked())
            if not unprobed and not unchecked:
                watch.next_probe = now + watch.pause
                continue
            watch.is_probing = True
            watch.next_probe = float("inf")
            lane = Lane.CHECK if unchecked else Lane.PROBE
            self._crew.run(lane, partial(self._ask, watch, unprobed, unchecked))

    def _ask(
        self, watch: Watch, unprobed: tuple[Json, ...], unchecked: tuple[Json, ...]
    ) -> Message:
        api, wanted = self._tools.api, watch.unit.probe
        is_local = api.endpoint.is_local
        return Probed(
            step=watch.step,
            probed={
                str(found["Id"]): probe.ask(wanted, found, is_local=is_local)
                for found in unprobed
                if wanted
            },
            checked={str(found["Id"]): run_check(api, found) for found in unchecked},
        )

    def _take_probed(self, round_: Probed) -> None:
        watch = self._watches.get(round_.step.id)
        if watch is None:
            return
        now = self._clock.monotonic()
        watch.take_round(probed=round_.probed, checked=round_.checked, now=now)
        self._judge(watch)
