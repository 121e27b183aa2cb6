"""`hearth-backup`: what the control plane asks of the runner, and the runner itself."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict

from hearth_kit.clock import Clock, SystemClock
from hearth_kit.errors import HearthError

from hearth_backup import restic
from hearth_backup.errors import NoRepositoryError
from hearth_backup.place import cancel, cancellable
from hearth_backup.programs import Programs
from hearth_backup.restore import Restoring
from hearth_backup.serve import health, serve
from hearth_backup.settings import Settings, load_settings
from hearth_backup.take import Taking
from hearth_backup.telling import Teller

_CANCELLABLE = frozenset({"now", "ahead", "restore", "settings"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; events and results go to standard output as JSON lines."""
    asked = _parser().parse_args(arguments)
    teller = Teller()
    try:
        settings = load_settings()
        grouped = cancellable(settings) if asked.verb in _CANCELLABLE else nullcontext()
        with grouped:
            return _run(asked, settings, teller=teller, clock=SystemClock())
    except HearthError as error:
        teller.error(error)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hearth-backup", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    now = verbs.add_parser("now", help="take a backup")
    now.add_argument("--still", action="store_true", help="what must stand still was stopped")
    verbs.add_parser("ahead", help="save what will have to stand still, while it still moves")
    verbs.add_parser("list", help="list the backups")
    show = verbs.add_parser("show", help="say what a backup holds")
    restore = verbs.add_parser("restore", help="put databases and volumes back")
    restore.add_argument("--only", action="append", default=[], metavar="NAME")
    restore.add_argument("--no-copy", action="store_true")
    settings = verbs.add_parser("settings", help="lay a backup's settings and secrets out")
    for each in (show, restore, settings):
        each.add_argument("snapshot")
    check = verbs.add_parser("check", help="check the repository")
    check.add_argument("--every-byte", action="store_true")
    verbs.add_parser("cancel", help="end the backup or restore that is in its course")
    verbs.add_parser("serve", help="take backups by the clock")
    verbs.add_parser("health", help="say whether the last backup by the clock went well")
    return parser


def _run(asked: argparse.Namespace, settings: Settings, *, teller: Teller, clock: Clock) -> int:
    programs = Programs(settings)
    taking = Taking(settings, programs, teller, clock.now())
    restoring = Restoring(settings, programs, teller, taking)
    match asked.verb:
        case "now":
            teller.result(taking.run(still=asked.still))
        case "ahead":
            taking.run_ahead()
            teller.result({})
        case "list":
            teller.result({"backups": [asdict(one) for one in _listed(programs)]})
        case "show":
            programs.open_repository()
            teller.result(asdict(restoring.look(asked.snapshot)))
        case "restore":
            told = restoring.run(asked.snapshot, only=asked.only, copy=not asked.no_copy)
            teller.result(told)
        case "settings":
            teller.result(restoring.fetch_settings(asked.snapshot))
        case "check":
            programs.open_repository()
            programs.on_repository(restic.unlock())
            programs.on_repository(restic.check(every_byte=asked.every_byte))
            teller.result({"every_byte": asked.every_byte, "backups": len(_listed(programs))})
        case "cancel":
            teller.result({"cancelled": cancel(settings)})
        case "serve":
            serve(settings, take=lambda: _take(settings, teller, clock), clock=clock, teller=teller)
        case _:
            return _tell_health(settings)
    return 0


def _take(settings: Settings, teller: Teller, clock: Clock) -> None:
    taking = Taking(settings, Programs(settings), teller, clock.now())
    teller.result(taking.run(still=False))


def _listed(programs: Programs) -> tuple[restic.Snapshot, ...]:
    try:
        programs.open_repository()
    except NoRepositoryError:
        return ()
    listed = restic.parse_snapshots(programs.on_repository(restic.snapshots()))
    return tuple(one for one in listed if one.kind != restic.AHEAD)


def _tell_health(settings: Settings) -> int:
    wrong = health(settings)
    if wrong:
        sys.stdout.write(f"the last backup failed: {wrong}\n")
    return 1 if wrong else 0
