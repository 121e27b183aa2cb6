"""Setting the machine up: the steps it lacks, then one after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hearth_kit.errors import CancelledError, DeniedError

from hearth_control.deploy.world import World
from hearth_control.host.setup.model import Machine, Setup, Step
from hearth_control.host.setup.steps import plan_setup
from hearth_control.host.setup.take import StepFailedError


class RootNeededError(DeniedError):
    """Setting the machine up needs root, and there is no sudo."""

    code = "root-needed"


class SetupCancelledError(CancelledError):
    """The person stopped the set-up; what was done stays done."""

    code = "setup-cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A machine and what it lacks."""

    machine: Machine
    setup: Setup
    gpu: bool

    @property
    def command(self) -> str:
        """Give the command that does the rest."""
        return "hearth host setup" + (" --gpu" if self.gpu else "")


def prepare(world: World, *, gpu: bool) -> Prepared:
    """Look at the machine and work out the steps; nothing is changed."""
    machine = world.load_machine()
    return Prepared(machine=machine, setup=plan_setup(machine, gpu=gpu), gpu=gpu)


def check_root(prepared: Prepared) -> None:
    """Refuse steps that this person cannot take.

    Raises:
        RootNeededError: a step needs root, this is not root, and there is no sudo.
    """
    machine = prepared.machine
    if machine.is_root or machine.has_sudo or not any(one.root for one in prepared.setup.steps):
        return
    msg = "host setup: this needs root, and there is no `sudo` here"
    raise RootNeededError(msg, hint=f"su -c '{prepared.command}'")


def take(
    world: World,
    prepared: Prepared,
    *,
    begin: Callable[[int, Step], None],
    tell: Callable[[str], None],
) -> None:
    """Take every step in order; `begin` gets each step's number before it is taken.

    Raises:
        StepFailedError: names what was done before; running it again goes on from there.
        SetupCancelledError: likewise, after Ctrl-C.
    """
    done: list[str] = []
    for number, step in enumerate(prepared.setup.steps, 1):
        begin(number, step)
        try:
            world.take_step(step, is_root=prepared.machine.is_root, tell=tell)
        except StepFailedError as error:
            findings = [f"it said: {error.said}" if error.said else "it said nothing"]
            findings.append(_progress(done))
            raise StepFailedError(
                error.message,
                hint=prepared.command,
                details={"done": done, "findings": findings},
            ) from error
        except KeyboardInterrupt:
            msg = f"host setup: stopped in `{step.title}`; {_progress(done)}"
            raise SetupCancelledError(msg, hint=prepared.command) from None
        done.append(step.title)


def _progress(done: list[str]) -> str:
    return f"done before it: {', '.join(done)}" if done else "nothing was done before it"
