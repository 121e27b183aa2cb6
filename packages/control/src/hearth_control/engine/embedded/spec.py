"""What the supervisor is told of a unit: everything resolved, ready to be started.

These values travel over the control socket and hold revealed secrets: they are never written to
a file, a log or a command line. Imports nothing of the planner, so that the supervisor stays small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

ReadyKind = Literal["http", "command", "postmaster", "tcp", "alive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One program to run. `dropped` runs it as the unit's unprivileged user, if it has one.

    `environment` is laid over the unit's own.
    """

    argv: tuple[str, ...]
    stdin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    dropped: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """How the supervisor knows that a unit works.

    `http` asks `target` (a path) on `port` · `command` runs `argv` · `postmaster` reads the data
    folder `target` · `tcp` connects to `port` · `alive` waits a second for it to stay.
    """

    kind: ReadyKind = "alive"
    target: str = ""
    port: int = 0
    argv: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An unprivileged user of this machine."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSpec:
    """A unit that the supervisor keeps running.

    `before` runs at every start, `after` once it is ready and before that is told. `stop_signals`
    are sent in turn with `grace_seconds` between them, before it is killed.
    """

    name: str
    service: str
    hash: str
    command: Command
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    before: tuple[Command, ...] = ()
    after: tuple[Command, ...] = ()
    ready: Ready = field(default_factory=Ready)
    start_seconds: float = 30.0
    port: int | None = None
    needs: tuple[str, ...] = ()
    user: User | None = None
    folder: str = "/"
    stop_signals: tuple[str, ...] = ("SIGTERM",)
    grace_seconds: float = 10.0


def spec_as_dict(spec: UnitSpec) -> dict[str, Any]:
    """Give a spec as plain values for the control socket."""
    return asdict(spec)


def command_from_dict(values: Mapping[str, Any]) -> Command:
    """Make a command of what came over the control socket."""
    return Command(**{**values, "argv": tuple(values["argv"])})


def spec_from_dict(values: Mapping[str, Any]) -> UnitSpec:
    """Make a spec of what came over the control socket.

    Raises:
        KeyError, TypeError: a field is missing or unknown; the two sides differ in version.
    """
    ready, user = values["ready"], values["user"]
    return UnitSpec(
        **{
            **values,
            "command": command_from_dict(values["command"]),
            "before": tuple(command_from_dict(each) for each in values["before"]),
            "after": tuple(command_from_dict(each) for each in values["after"]),
            "ready": Ready(**{**ready, "argv": tuple(ready["argv"])}),
            "needs": tuple(values["needs"]),
            "user": None if user is None else User(**user),
            "stop_signals": tuple(values["stop_signals"]),
        }
    )
