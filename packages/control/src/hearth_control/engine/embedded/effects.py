"""What a unit's life asks of the supervisor: values, so that the life itself is pure.

A life (`life.live`) is a generator of these; the supervisor (`body`) does what they say and sends
the answer back in. Tests send answers of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from hearth_control.engine.embedded.spec import Command, Ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Run a command to its end. Answer: `Ended`."""

    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Start the unit's own process. Answer: `Ended` if it cannot be started, else None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Ask once whether the unit is ready. Answer: `Checked`."""

    ready: Ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Wait. Answer: `Ended` as soon as the unit's process ends, None when the time has passed."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """End the unit's process and all that it started. Answer: `Ended`, or None if none ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Note how the unit is, for the state file and whoever waits for it. No answer.

    `failed` ends the waiting of whoever started the unit, with `why`. `prepared`: everything that
    comes before the unit's own process is done.
    """

    state: str
    health: str = "none"
    why: str = ""
    exit_code: int | None = None
    failed: bool = False
    prepared: bool = False
    probe_output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A process has ended, or could not be started (`code` None, `text` says why)."""

    code: int | None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check gave. `busy`: not ready, yet visibly at work, so patience is right."""

    ok: bool
    said: str = ""
    busy: bool = False


Effect = Run | Launch | Check | Pause | Halt | Report
Answer = Ended | Checked | None
