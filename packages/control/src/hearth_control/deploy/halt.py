"""Stopping, restarting and taking down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hearth_kit.errors import ConflictError, UnavailableError

from hearth_control.deploy.applied import Applied, forget_applied, load_applied
from hearth_control.deploy.errors import NothingRunsError, writing
from hearth_control.deploy.names import check_known
from hearth_control.deploy.situation import look, require_set_up
from hearth_control.settings.model import EngineName

if TYPE_CHECKING:
    from hearth_control.deploy.world import World
    from hearth_control.engine.events import Event
    from hearth_control.engine.observed import Observed
    from hearth_control.engine.port import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What was brought up, and the engine that holds it."""

    applied: Applied
    engine: Engine


def find_running(world: World) -> Running | None:
    """Open the engine that the last `up` used; None when there was none. No catalog is read."""
    applied = load_applied(world.home)
    if applied is None:
        return None
    engine = world.open_engine(EngineName(applied.engine), applied.project)
    return Running(applied=applied, engine=engine)


def get_running(world: World) -> Running:
    """Open the engine that the last `up` used.

    Raises:
        NotSetUpError: this home holds no installation.
        NothingRunsError: it does, and nothing was brought up.
    """
    require_set_up(world)
    running = find_running(world)
    if running is None:
        msg = f"{world.home}: nothing was brought up from here yet"
        raise NothingRunsError(msg, hint="hearth up")
    return running


def units_of(running: Running, services: Sequence[str], *, verb: str) -> tuple[str, ...]:
    """Name the units of services that were brought up, all of them where none is named.

    Raises:
        UnknownServiceError: a name that was not brought up.
    """
    known = [service.name for service in running.applied.services]
    check_known(services, known, verb=verb)
    return tuple(
        unit
        for service in running.applied.services
        if not services or service.name in services
        for unit in (*service.units, *service.jobs)
    )


def stop(world: World, running: Running, services: Sequence[str]) -> Iterator[Event]:
    """Stop services, those that others stand on last; data and containers stay."""
    units = units_of(running, services, verb="stop")
    with writing(world.home), world.deploy_lock():
        yield from running.engine.stop(tuple(reversed(units)))


def down(world: World, engine: Engine, *, volumes: Sequence[str]) -> Iterator[Event]:
    """Remove everything but the data; of that, only the volumes that are named."""
    with writing(world.home), world.deploy_lock():
        yield from engine.down(volumes=volumes)
        forget_applied(world.home)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an engine holds of this installation, whether or not it was recorded."""

    engine: Engine
    observed: Observed
    name: EngineName
    project: str


def open_for_down(world: World) -> Standing:
    """Find the engine to take down, also where the record of the last `up` was lost."""
    require_set_up(world)
    running = find_running(world)
    if running is not None:
        return Standing(
            engine=running.engine,
            observed=running.engine.observe(),
            name=EngineName(running.applied.engine),
            project=running.applied.project,
        )
    situation = look(world)
    return Standing(
        engine=situation.engine,
        observed=situation.observed,
        name=situation.choice.name,
        project=situation.settings.project,
    )


def try_sizes(world: World, standing: Standing) -> Mapping[str, int]:
    """Measure the volumes; an engine that does not tell costs nothing but the numbers."""
    try:
        return world.volume_sizes(standing.name, standing.project)
    except (UnavailableError, ConflictError):
        return {}


def choose_volumes(observed: Observed, named: Sequence[str], *, every: bool) -> tuple[str, ...]:
    """Say which volumes go: all, the named ones, or none.

    Raises:
        UnknownServiceError: a name that is no volume of this installation.
    """
    from hearth_kit.settings import nearest

    from hearth_control.deploy.errors import UnknownServiceError

    if every:
        return tuple(sorted(observed.volumes))
    for name in named:
        if name not in observed.volumes:
            near = nearest(name, observed.volumes)
            hint = f"hearth down --volume {near}" if near else "hearth down --delete-data"
            msg = f"{name}: this installation has no volume with this name"
            raise UnknownServiceError(msg, hint=hint)
    return tuple(named)
