"""Asking the backup runner: a command in its unit, events as lines, one result or one error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hearth_kit.errors import HearthError
from hearth_kit.lines import read_object

from hearth_control.backup.errors import BackupDeniedError, RunnerSilentError, from_runner
from hearth_control.deploy.errors import ServiceOffError
from hearth_control.deploy.halt import get_running
from hearth_control.deploy.world import World
from hearth_control.engine.errors import UnitNotRunningError
from hearth_control.engine.port import Engine
from hearth_control.plan.backups import RUNNER
from hearth_control.settings.model import EngineName

PROGRAM: Final = "hearth-backup"
SET: Final = "hearth secrets set backup_repository_password"
FREE: Final = "hearth down --volume backup-run"
"""Its volume holds nothing to keep, and while it is there the password may not change."""
LONGEST_SECONDS: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far something is: what is done now, and bytes where they are known."""

    text: str
    done: int | None = None
    total: int | None = None


Tell = Callable[[Told], None]


def unheard(_told: Told) -> None:
    """Take what nobody is told."""


@dataclass(slots=True)
class Runner:
    """The runner of one installation.

    `renew` is the command that lets its repository's password be given anew.
    """

    engine: Engine
    renew: str = SET

    def ask(self, argv: Sequence[str], *, tell: Tell = unheard) -> dict[str, Any]:
        """Run one of its commands and give its result.

        Raises:
            UnitNotRunningError: the runner does not run.
            HearthError: what the runner refused, as `from_runner` has it.
            RunnerSilentError: it ended without a result.
        """
        ending: dict[str, Any] = {}

        def take(line: str) -> None:
            said = read_object(line) or {}
            match said.get("event"):
                case "step":
                    tell(Told(text=str(said["text"])))
                case "progress":
                    tell(Told(text=str(said["text"]), done=said["done"], total=said["total"]))
                case "result" | "error":
                    ending.update(said)
                case _:
                    return

        try:
            done = self.engine.execute(
                RUNNER, (PROGRAM, *argv), timeout_seconds=LONGEST_SECONDS, tell=take
            )
        except UnitNotRunningError as error:
            msg = "backup: the runner does not run"
            raise UnitNotRunningError(msg, hint="hearth up backup") from error
        try:
            return _ended(ending, done.exit_code, done.stderr)
        except BackupDeniedError as error:
            error.hint = self.renew
            raise


def find_runner(world: World) -> Runner:
    """Open the runner of what was brought up.

    Raises:
        NotSetUpError, NothingRunsError: there is no installation, or nothing was brought up.
        ServiceOffError: the runner is not on.
    """
    running = get_running(world)
    if running.applied.service(RUNNER) is None:
        msg = "backup: the runner is not on, so there are no backups"
        raise ServiceOffError(msg, hint="hearth enable backup && hearth up")
    is_container = running.applied.engine != EngineName.EMBEDDED
    return Runner(running.engine, renew=f"{FREE} && {SET}" if is_container else SET)


def _ended(ending: dict[str, Any], code: int, said: str) -> dict[str, Any]:
    event = ending.pop("event", "")
    if event == "error":
        raise from_runner(ending)
    if event != "result" or code != 0:
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "no word")
        msg = f"backup: the runner ended with code {code}: {last.strip()}"
        raise RunnerSilentError(msg, hint="hearth logs backup")
    return ending


def is_runners(error: HearthError, code: str) -> bool:
    """Tell whether an error is the runner's of that code."""
    return error.details.get("runner") == code
