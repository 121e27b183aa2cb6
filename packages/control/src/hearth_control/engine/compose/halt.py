"""Stopping and taking down, consumers before what they stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from hearth_kit.clock import Clock
from hearth_kit.errors import HearthError

from hearth_control.engine.compose.actions import COMPOSE_PROJECT, stop_all
from hearth_control.engine.compose.api import EngineAPI, Json
from hearth_control.engine.compose.crew import Crew, Lane
from hearth_control.engine.compose.explain import failure_of_error
from hearth_control.engine.compose.messages import Ended
from hearth_control.engine.compose.observe import PROJECT, SERVICE, UNIT, network_name, volume_name
from hearth_control.engine.events import Event, StepDone, StepFailed, StepStarted
from hearth_control.plan.model import Step, StepKind

DEPENDS_ON = "com.docker.compose.depends_on"
CAUSE = "you asked for it"
PATIENCE_SECONDS = 600.0

Work = Mapping[Step, Callable[[], None]]


class Halt:
    """Stops, and if asked removes, what one installation has on an engine."""

    def __init__(self, api: EngineAPI, project: str, *, clock: Clock) -> None:
        self._api = api
        self._project = project
        self._clock = clock

    def stop(self, units: Sequence[str]) -> Iterator[Event]:
        """Stop the units that run, each when no other of them stands on it any more."""
        found = self._by_unit(lambda one: one["State"] not in {"exited", "created", "dead"})
        wanted = {unit: found[unit] for unit in found if unit in units}
        yield from self._carry_out(
            {
                _step(StepKind.STOP, unit, wanted[unit], after=waited_for): partial(
                    stop_all, self._api, wanted[unit]
                )
                for unit, waited_for in after(wanted).items()
            }
        )

    def down(self, volumes: Sequence[str]) -> Iterator[Event]:
        """Remove every container and network, and the volumes that are named.

        A network goes as soon as nobody is in it: the engine takes its time for each.
        """
        found = self._by_unit(lambda _: True)
        containers = {
            _step(StepKind.REMOVE, unit, found[unit], after=waited_for): partial(
                self._remove, found[unit]
            )
            for unit, waited_for in after(found).items()
        }
        networks = {
            _step(StepKind.REMOVE, network_name(one), after=members(one, found)): partial(
                self._api.remove_network, str(one["Id"])
            )
            for one in self._networks()
        }
        yield from self._carry_out({**containers, **networks})
        yield from self._carry_out(
            {
                _step(StepKind.REMOVE, volume_name(one)): partial(
                    self._api.remove_volume, str(one["Name"])
                )
                for one in self._api.volumes(f"{PROJECT}={self._project}")
                if {one["Name"], volume_name(one)} & set(volumes)
            }
        )

    def _carry_out(self, work: Work) -> Iterator[Event]:
        """Begin each step once those are over that it needs, however they ended."""
        crew: Crew[Ended] = Crew()
        begun: dict[str, float] = {}
        over: set[str] = set()
        try:
            while len(over) < len(work):
                for step, act in work.items():
                    if step.id not in begun and over.issuperset(step.needs):
                        begun[step.id] = self._clock.monotonic()
                        yield StepStarted(step=step)
                        crew.run(Lane.CHANGE, partial(_act, step, act))
                ended = crew.take(PATIENCE_SECONDS)
                if ended is None:
                    break
                over.add(ended.step.id)
                yield _told(ended, self._clock.monotonic() - begun[ended.step.id])
        finally:
            crew.close()

    def _remove(self, containers: Sequence[Json]) -> None:
        stop_all(self._api, containers)
        for container in containers:
            self._api.remove(container["Id"])

    def _by_unit(self, is_wanted: Callable[[Json], bool]) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = {}
        for one in self._api.containers(f"{PROJECT}={self._project}"):
            if is_wanted(one):
                found.setdefault(one["Labels"].get(UNIT, one["Id"][:12]), []).append(one)
        return found

    def _networks(self) -> list[Json]:
        def is_own(network: Json) -> bool:
            labels = network.get("Labels") or {}
            return self._project in {labels.get(PROJECT), labels.get(COMPOSE_PROJECT)}

        return sorted(filter(is_own, self._api.networks()), key=network_name)


def after(found: Mapping[str, Sequence[Json]]) -> dict[str, tuple[str, ...]]:
    """Give for each unit those that stand on it and must be gone first. Pure.

    The order comes from the label that Compose leaves; a cycle cannot be in it, but a broken
    label must not keep a person from stopping.
    """
    needs = {unit: _depends_on(ones) & found.keys() - {unit} for unit, ones in found.items()}
    ordered: dict[str, tuple[str, ...]] = {}
    while left := found.keys() - ordered.keys():
        stood_on = {need for unit in left for need in needs[unit]}
        for unit in sorted(left - stood_on) or sorted(left):
            on_it = (other for other in ordered if unit in needs[other] and other not in left)
            ordered[unit] = tuple(sorted(on_it))
    return ordered


def members(network: Json, found: Mapping[str, Sequence[Json]]) -> tuple[str, ...]:
    """Name the units that have a container in a network. Pure."""
    return tuple(
        sorted(
            unit
            for unit, ones in found.items()
            if any(
                network["Name"] in (one.get("NetworkSettings") or {}).get("Networks", {})
                for one in ones
            )
        )
    )


def _depends_on(containers: Sequence[Json]) -> set[str]:
    # Compose writes `db:service_healthy:false,cache:service_started:false`.
    texts = (one["Labels"].get(DEPENDS_ON, "") for one in containers)
    return {part.partition(":")[0] for text in texts for part in text.split(",") if part}


def _step(
    kind: StepKind, target: str, containers: Sequence[Json] = (), *, after: Iterable[str] = ()
) -> Step:
    service = next((one["Labels"].get(SERVICE) for one in containers), None)
    needs = tuple(f"{kind.value} {unit}" for unit in after)
    return Step(kind=kind, target=target, cause=CAUSE, service=service, needs=needs)


def _act(step: Step, act: Callable[[], None]) -> Ended:
    try:
        act()
    except HearthError as error:
        return Ended(step=step, error=error)
    return Ended(step=step)


def _told(ended: Ended, seconds: float) -> Event:
    if ended.error is None:
        return StepDone(step=ended.step, seconds=seconds)
    return StepFailed(step=ended.step, failure=failure_of_error(ended.error, step=ended.step))
