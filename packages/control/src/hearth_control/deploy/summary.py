"""What a person wants to know when `up` has ended: pure."""

from __future__ import annotations

from dataclasses import dataclass

from hearth_control.deploy.outcome import Outcome
from hearth_control.deploy.sign_in import SignInLink
from hearth_control.plan.model import Note, Plan, PlannedService, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What runs and where, what was left out and why, what to type next."""

    engine: str
    why_engine: str
    up: tuple[PlannedService, ...]
    not_up: tuple[str, ...]
    notes: tuple[Note, ...]
    new_secrets: tuple[str, ...]
    sign_in: SignInLink | None
    next: tuple[str, ...]
    seconds: float
    changed: bool


def summarise(
    plan: Plan,
    outcome: Outcome,
    *,
    why_engine: str,
    new_secrets: tuple[str, ...] = (),
    sign_in: SignInLink | None = None,
) -> Summary:
    """Put together what the end of `up` says."""
    up = tuple(service for service in plan.services if service.name in outcome.up)
    return Summary(
        engine=plan.engine.value,
        why_engine=why_engine,
        up=up,
        not_up=outcome.not_up,
        notes=tuple(note for note in plan.notes if note.severity is not Severity.ERROR),
        new_secrets=new_secrets,
        sign_in=sign_in,
        next=_next(outcome, has_page=any(service.url for service in up)),
        seconds=outcome.seconds,
        changed=bool(outcome.done or outcome.failed),
    )


def _next(outcome: Outcome, *, has_page: bool) -> tuple[str, ...]:
    commands = ["hearth status"]
    if outcome.not_up:
        commands.append(f"hearth logs {outcome.not_up[0]}")
    elif has_page:
        commands.append("hearth open")
    return (*commands, "hearth services")
