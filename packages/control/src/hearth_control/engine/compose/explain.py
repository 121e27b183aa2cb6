"""A failure with everything a person needs to see, in one place."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hearth_kit.errors import HearthError, chain

from hearth_control.engine.compose.api import EngineAPI, Json
from hearth_control.engine.compose.diagnose import Signs, diagnose, is_subnet_taken
from hearth_control.engine.compose.stream import demux, lines
from hearth_control.engine.events import Failure
from hearth_control.plan.model import Step

LOG_LINES = 20
READ_LINES = 200
PROBE_CHARACTERS = 2000


def failure_of_unit(
    api: EngineAPI, found: Json, *, step: Step, summary: str, check: str = ""
) -> Failure:
    """Explain why a container did not come up, from its state, its check and its log.

    `check` is what its own check said to Hearth, in case the engine has not run it yet.
    """
    said: Mapping[str, Any] = found.get("State", {})
    log = log_tail(api, found, tail=READ_LINES)
    probe = probe_output(said) or check
    ended = not said.get("Running", False) or bool(said.get("Restarting"))
    signs = Signs(
        text="\n".join((str(said.get("Error", "")), probe, *log[-LOG_LINES:])),
        unit=step.target,
        service=step.service or "",
        image=str(found.get("Config", {}).get("Image", "")),
        exit_code=said.get("ExitCode") if ended else None,
        oom=bool(said.get("OOMKilled")),
    )
    known = diagnose(signs)
    if not known.cause:
        # The sign may stand further up: a stack trace is longer than what is shown.
        known = diagnose(replace(signs, text="\n".join(log)))
    return Failure(
        unit=step.target,
        summary=summary,
        probe_output=probe,
        log_lines=log[-LOG_LINES:],
        exit_code=signs.exit_code,
        oom=signs.oom,
        cause=known.cause,
        hint=known.hint,
    )


def failure_of_error(error: HearthError, *, step: Step, image: str = "") -> Failure:
    """Explain an error that the engine, compose or a registry gave."""
    text = chain(error)
    signs = Signs(text=text, unit=step.target, service=step.service or "", image=image)
    known = diagnose(signs)
    return Failure(
        unit=step.target,
        summary=error.message,
        cause=known.cause,
        hint=known.hint if known.cause else error.hint or known.hint,
        outdated=is_subnet_taken(text),
    )


def log_tail(api: EngineAPI, found: Json, *, tail: int = LOG_LINES) -> tuple[str, ...]:
    """Read a container's last lines, without their times; unreadable logs are no lines."""
    kept: deque[str] = deque(maxlen=tail)
    try:
        with api.logs(str(found["Id"]), tail=tail) as stream:
            tty = bool(found.get("Config", {}).get("Tty"))
            for _, line in lines(demux(stream.pieces(), tty=tty)):
                kept.append(line.partition(" ")[2])
    except HearthError as error:
        return (f"(no log: {error.message})",)
    return tuple(kept)


def probe_output(said: Mapping[str, Any]) -> str:
    """Give what the container's own check printed last; empty where it has not run."""
    entries = (said.get("Health") or {}).get("Log") or ()
    if not entries:
        return ""
    last = entries[-1]
    text = str(last.get("Output") or "").strip()[:PROBE_CHARACTERS]
    return text or f"exit code {last.get('ExitCode')}, no output"
