"""Another source for a service as a transaction: ask, write, bring up, and back if it fails.

Phases: plan as if it were written · ask each target from where its consumers will stand · write
`.env` · bring up · if anything fails or a person stops it, `.env` as it was and up again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hearth_kit.errors import CancelledError, ConflictError, HearthError, UnavailableError
from hearth_kit.files import write_atomic

from hearth_control.catalog.model import Source
from hearth_control.deploy.change import Change
from hearth_control.deploy.check import check_plan
from hearth_control.deploy.errors import writing
from hearth_control.deploy.outcome import Outcome
from hearth_control.deploy.questions import Question, questions, secrets_wanted
from hearth_control.deploy.setup import set_up
from hearth_control.deploy.situation import look, plan_for
from hearth_control.deploy.up import Deploy
from hearth_control.deploy.world import World
from hearth_control.engine.reach.targets import Answer, advise, tell
from hearth_control.plan.wire import Stand


class TargetRefusedError(UnavailableError):
    """What a service should come from does not answer, or not to those who will use it."""

    code = "target-refused"


class RewireFailedError(ConflictError):
    """The new source did not come up healthy, and the old one is back."""

    code = "rewire-failed"


class RewireCancelledError(CancelledError):
    """A person stopped the change, and the old source is back."""

    code = "rewire-cancelled"


class RevertFailedError(ConflictError):
    """Neither the new source nor the old one came up."""

    code = "revert-failed"


class RevertCancelledError(CancelledError):
    """A person stopped the way back to the old source."""

    code = "revert-cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of a target and what came back; nothing where Hearth runs it itself."""

    questions: tuple[Question, ...] = ()
    answers: tuple[Answer, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Say each answer in a line."""
        return tuple(tell(answer) for answer in self.answers)


RunUp = Callable[[Deploy], Outcome]
"""Carries a deploy out in front of the person and says how it went."""


def ask_target(world: World, change: Change, source: Source) -> Asked:
    """Ask what the service should come from, as its consumers will.

    Raises:
        PlanRefusedError: the settings would not make a plan.
        EngineUnavailableError: the engine does not answer.
    """
    if source not in {Source.LOCALHOST, Source.EXTERNAL}:
        return Asked()
    flags = {key: value for key, value in change.values.items() if value is not None}
    situation = look(world, flags=flags)
    plan = plan_for(world, situation)
    wanted = secrets_wanted(change.service, plan, situation.catalog)
    known = world.secrets.fingerprints()
    asked = questions(
        change.service,
        plan=plan,
        catalog=situation.catalog,
        settings=situation.settings,
        secrets=world.secrets.load([key for key in wanted if key in known]),
    )
    answers: list[Answer] = []
    for stand in Stand:
        requests = [one.request for one in asked if one.stand is stand]
        if requests:
            answers += world.ask(requests, stand=stand, project=situation.settings.project)
    ordered = sorted(asked, key=lambda one: list(Stand).index(one.stand))
    return Asked(questions=tuple(ordered), answers=tuple(answers))


def check_answers(asked: Asked, service: str, source: Source, *, retry: str) -> None:
    """Refuse a target that does not answer, with everything that was tried.

    Raises:
        TargetRefusedError: its hint takes the target all the same.
    """
    failed = [
        (question, answer)
        for question, answer in zip(asked.questions, asked.answers, strict=True)
        if not answer.answers
    ]
    if not failed:
        return
    question, first = failed[0]
    advice = advise(first, localhost=source is Source.LOCALHOST)
    if first.said.stage == "auth" and question.secret and not advice.startswith("make"):
        advice = f"write the password that it takes into secrets/{question.secret}"
    findings = [tell(answer) for answer in asked.answers]
    findings += [f"perhaps: {advice}"] if advice else []
    raise TargetRefusedError(
        f"{service}: not taken from `{source.value}`: {tell(first)}",
        hint=retry,
        details={"service": service, "stage": first.said.stage, "findings": findings},
    )


def rewire(world: World, change: Change, run_up: RunUp) -> Outcome:
    """Write the change and bring it up; where that fails or is stopped, put everything back.

    Raises:
        RewireFailedError: something did not come up; `.env` is as before and what ran runs.
        RewireCancelledError: a person stopped it; `.env` is as before and what ran runs.
        RevertFailedError: the way back failed too; `.env` is as before.
        RevertCancelledError: a person stopped the way back; `.env` is as before.
    """
    path = world.home / ".env"
    before = path.read_bytes() if path.exists() else None
    set_up(world, change.values)
    deploy: Deploy | None = None
    try:
        deploy = _deploy(world)
        outcome = run_up(deploy)
    except BaseException as error:
        _restore(world, before)
        if deploy is None or not deploy.has_begun:
            raise
        _bring_back(world, change, run_up, why=_why_stopped(error))
        if isinstance(error, CancelledError | KeyboardInterrupt):
            msg = f"{change.service}: cancelled; the old source is back"
            # The deploy's own word, that what was done stays, is no longer true.
            raise RewireCancelledError(msg, hint="hearth status") from None
        raise
    if outcome.is_whole:
        return outcome
    _restore(world, before)
    broken = ", ".join(f"`{name}`" for name in outcome.not_up)
    first = outcome.failed[0].failure if outcome.failed else None
    why = f"{broken} did not come up" + (f": {first.summary}" if first else "")
    _bring_back(world, change, run_up, why=why, not_up=outcome.not_up)
    raise RewireFailedError(
        f"{change.service}: {why}; the old source is back",
        hint=f"hearth logs {change.service}",
        details={"not_up": list(outcome.not_up), "reverted": True},
    )


def _bring_back(
    world: World,
    change: Change,
    run_up: RunUp,
    *,
    why: str,
    not_up: tuple[str, ...] = (),
) -> None:
    """Bring up again what ran before, of which the change may have taken down a part."""
    state = f"{change.service}: {why}; `.env` is as it was, and"
    msg = f"{state} what ran before does not come up either"
    details = {"not_up": list(not_up), "reverted": False}
    try:
        back = run_up(_deploy(world))
    except (CancelledError, KeyboardInterrupt):
        msg = f"{state} the way back to what ran before was cancelled, too"
        raise RevertCancelledError(msg, hint="hearth up", details=details) from None
    except HearthError as error:
        raise RevertFailedError(msg, hint="hearth up", details=details) from error
    if not back.is_whole:
        raise RevertFailedError(msg, hint="hearth status", details=details) from None


def _why_stopped(error: BaseException) -> str:
    if isinstance(error, CancelledError | KeyboardInterrupt):
        return "cancelled"
    return error.message if isinstance(error, HearthError) else type(error).__name__


def _deploy(world: World) -> Deploy:
    situation = look(world)
    plan = plan_for(world, situation)
    check_plan(plan)
    return Deploy(world=world, situation=situation, plan=plan)


def _restore(world: World, before: bytes | None) -> None:
    """Put `.env` back, byte for byte."""
    path = world.home / ".env"
    with writing(world.home):
        if before is None:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, before, mode=path.stat().st_mode & 0o777)
