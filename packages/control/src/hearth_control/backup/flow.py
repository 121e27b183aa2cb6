"""Taking and restoring backups: who stands still meanwhile, and that everybody runs afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from hearth_kit.errors import HearthError

from hearth_control.backup.errors import RESTORE_BROKEN, BackupCancelledError
from hearth_control.backup.runner import Tell, Told, find_runner, is_runners
from hearth_control.deploy.check import check_plan
from hearth_control.deploy.errors import HaltFailedError, writing
from hearth_control.deploy.halt import get_running, units_of
from hearth_control.deploy.outcome import check_outcome
from hearth_control.deploy.restrict import restrict
from hearth_control.deploy.situation import NO_FLAGS, look, plan_for
from hearth_control.deploy.up import Deploy
from hearth_control.deploy.world import World
from hearth_control.engine.events import Event, StepDone, StepFailed
from hearth_control.plan.backups import DATABASE, RUNNER, WRITES, still_services
from hearth_control.plan.model import Plan

MAY_WRITE: Final[Mapping[str, str]] = {WRITES: "yes"}


def take_backup(world: World, *, live: bool, tell: Tell) -> dict[str, Any]:
    """Take a backup; services that must stand still for it do so, unless `live` leaves them out.

    Raises:
        ServiceOffError, UnitNotRunningError: the runner is not on, or does not run.
        HearthError: what the runner refused; the services run again.
        BackupCancelledError: the person stopped waiting; likewise.
    """
    runner = find_runner(world)
    still = () if live else _on(world, still_services(_plan(world).backups))
    if not still:
        return runner.ask(("now",) if live else ("now", "--still"), tell=tell)
    runner.ask(("ahead",), tell=tell)
    _stop(world, still, tell)
    try:
        with world.deploy_lock():
            return runner.ask(("now", "--still"), tell=tell)
    except KeyboardInterrupt as error:
        runner.ask(("cancel",))
        msg = "backup now: cancelled; those before it are whole"
        raise BackupCancelledError(msg, hint="hearth backup list") from error
    finally:
        _bring_up(world, still, tell=tell)


def restore_backup(
    world: World, snapshot: str, *, only: Sequence[str], copy: bool, tell: Tell
) -> dict[str, Any]:
    """Put a backup's databases and volumes back while everything else stands still.

    Raises:
        HearthError: what the runner refused. Where nothing was changed, everything runs again;
            where a restore broke off, services stay stopped and the hint puts the old state back.
        BackupCancelledError: the person stopped waiting; services stay stopped.
    """
    runner = find_runner(world)
    options = [word for name in only for word in ("--only", name)]
    if not copy:
        options.append("--no-copy")
    _bring_up(world, (RUNNER,), flags=MAY_WRITE, tell=tell)
    stopped = _on(world, _others(world))
    _stop(world, stopped, tell)
    try:
        with world.deploy_lock():
            done = runner.ask(("restore", snapshot, *options), tell=tell)
    except HearthError as error:
        if not is_runners(error, RESTORE_BROKEN):
            _bring_up(world, (*stopped, RUNNER), tell=tell)
        raise
    except KeyboardInterrupt as error:
        runner.ask(("cancel",))
        msg = "backup restore: cancelled in its course; services stay stopped until it is done"
        hint = f"hearth backup restore {snapshot} --yes"
        raise BackupCancelledError(msg, hint=hint) from error
    _bring_up(world, (*stopped, RUNNER), tell=tell)
    return done


def lay_settings_out(world: World, snapshot: str, *, tell: Tell) -> dict[str, Any]:
    """Have a backup's settings and secrets laid into `run/restored` of the home."""
    runner = find_runner(world)
    _bring_up(world, (RUNNER,), flags=MAY_WRITE, tell=tell)
    try:
        return runner.ask(("settings", snapshot), tell=tell)
    finally:
        _bring_up(world, (RUNNER,), tell=tell)


def ask_runner(world: World, argv: Sequence[str], *, tell: Tell) -> dict[str, Any]:
    """Ask what changes nothing outside the repository."""
    return find_runner(world).ask(argv, tell=tell)


def _plan(world: World, flags: Mapping[str, str] = NO_FLAGS) -> Plan:
    return plan_for(world, look(world, flags=flags))


def _on(world: World, services: Iterable[str]) -> tuple[str, ...]:
    """Keep the services that were brought up, in the order of their start."""
    wanted = frozenset(services)
    applied = get_running(world).applied
    return tuple(one.name for one in applied.services if one.name in wanted and one.units)


def _others(world: World) -> tuple[str, ...]:
    """Name every service but the runner and the server whose databases it restores."""
    plan = _plan(world)
    needed = {RUNNER}
    if plan.backups.databases:
        needed |= {
            wire.provider
            for wire in plan.wires
            if wire.consumer == RUNNER and wire.role == DATABASE
        }
    return tuple(one.name for one in plan.services if one.name not in needed)


def _stop(world: World, services: Sequence[str], tell: Tell) -> None:
    if not services:
        return
    running = get_running(world)
    units = tuple(reversed(units_of(running, services, verb="stop")))
    with writing(world.home), world.deploy_lock():
        failed = _tell_all(running.engine.stop(units), tell, "stopped")
    if failed:
        msg = f"backup: `{failed[0]}` could not be stopped"
        raise HaltFailedError(msg, hint="hearth status")


def _bring_up(
    world: World, services: Sequence[str], *, tell: Tell, flags: Mapping[str, str] = NO_FLAGS
) -> None:
    """Start what was stopped, as `hearth up` would."""
    situation = look(world, flags=flags)
    plan = plan_for(world, situation)
    check_plan(plan)
    cut = restrict(plan, services)
    if cut.is_noop:
        return
    deploy = Deploy(world=world, situation=situation, plan=cut, services=tuple(services))
    _tell_all(deploy.run(), tell, "started")
    check_outcome(deploy.outcome)


def _tell_all(events: Iterable[Event], tell: Callable[[Told], None], word: str) -> list[str]:
    failed = []
    for event in events:
        if isinstance(event, StepDone):
            tell(Told(text=f"{word} {event.step.target}"))
        elif isinstance(event, StepFailed):
            failed.append(event.step.target)
    return failed
