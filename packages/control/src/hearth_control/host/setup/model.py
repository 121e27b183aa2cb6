"""The machine as its set-up sees it, and the steps of that; frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hearth_control.host.distribution import Distribution
from hearth_control.host.model import Gpu

EngineState = Literal["answers", "denied", "silent", "missing"]
"""How Docker's engine is: `denied` answers others, `silent` is installed and does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Docker on this machine; `compose` says whether its plugin is installed."""

    state: EngineState
    compose: bool
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What set-up is planned from.

    `user` is who will use Hearth, also under sudo · `files`: those of the paths that set-up
    writes or asks about that exist · `packages`: Docker packages of the distribution's own.
    """

    distribution: Distribution
    architecture: str
    user: str
    is_root: bool
    has_sudo: bool
    groups: frozenset[str]
    has_systemd: bool
    in_container: bool
    is_wsl: bool
    secure_boot: bool
    engine: Engine
    packages: frozenset[str] = frozenset()
    programs: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    has_non_free: bool = False
    """Whether apt already knows Debian's components `non-free` and `non-free-firmware`."""
    gpus: tuple[Gpu, ...] = ()
    runtimes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command that changes the machine. `given` is its standard input, `cause` why it is run.

    `after`: what must happen before it counts.
    """

    title: str
    cause: str
    command: tuple[str, ...]
    given: str = ""
    root: bool = True
    after: Literal["", "login", "reboot"] = ""

    def argv(self, *, is_root: bool) -> tuple[str, ...]:
        """Give the command as this person runs it."""
        return ("sudo", *self.command) if self.root and not is_root else self.command


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything to do. `done` needs nothing, `by_hand` is what no command here can do."""

    steps: tuple[Step, ...] = ()
    done: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()

    @property
    def needs_reboot(self) -> bool:
        """Whether it counts after the next boot only."""
        return any(step.after == "reboot" for step in self.steps)

    @property
    def needs_login(self) -> bool:
        """Whether it counts after the next log-in only."""
        return any(step.after == "login" for step in self.steps)
