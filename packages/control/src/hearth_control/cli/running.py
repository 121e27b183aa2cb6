"""Carrying a deploy out in front of a person: the display, Ctrl-C, the failures, the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hearth_control.cli.display import open_display
from hearth_control.cli.session import Session
from hearth_control.cli.status_words import problem_lines
from hearth_control.cli.theme import bold, dim, typed
from hearth_control.cli.words import failure_lines, summary_lines
from hearth_control.deploy.applied import digest_settings, load_applied, save_applied
from hearth_control.deploy.errors import DeployCancelledError, HaltFailedError
from hearth_control.deploy.outcome import check_outcome
from hearth_control.deploy.sign_in import SERVICE, SignInLink, try_sign_in_link
from hearth_control.deploy.status import report
from hearth_control.deploy.summary import Summary, summarise
from hearth_control.deploy.up import Deploy, record_of
from hearth_control.deploy.vault import remember
from hearth_control.engine.events import Event, StepDone, StepFailed
from hearth_control.plan.model import StepKind


def carry_out(session: Session, deploy: Deploy) -> Summary:
    """Run a deploy to its end and put together what to say about it.

    Raises:
        DeployCancelledError: the person pressed Ctrl-C; says what state things are in.
    """
    if deploy.plan.is_noop:
        keep_record(deploy)
    else:
        _show(session, deploy)
    outcome = deploy.outcome
    return summarise(
        deploy.plan,
        outcome,
        why_engine=deploy.situation.choice.why,
        new_secrets=deploy.new_secrets,
        sign_in=_sign_in(deploy),
    )


def tell_summary(session: Session, deploy: Deploy, summary: Summary) -> None:
    """Say the end of `up` and raise if something did not come up."""
    output, outcome = session.output, deploy.outcome
    if not output.json:
        for event in outcome.failed:
            output.lines(failure_lines(event.failure, output))
        if not output.quiet:
            output.note()
            output.lines(summary_lines(summary, outcome, output))
            if not summary.changed:
                output.lines(_standing_problems(deploy, session))
    check_outcome(outcome)


def keep_record(deploy: Deploy) -> None:
    """Write the record of what is up if it was lost or speaks of other settings."""
    home = deploy.world.home
    situation = deploy.situation
    remember(
        deploy.world,
        deploy.plan,
        catalog=situation.catalog,
        observed=situation.observed,
        all_well=True,
    )
    known = load_applied(home)
    if known is None or known.settings_digest != digest_settings(home):
        save_applied(home, record_of(deploy.world, deploy.situation, deploy.plan))


def show_events(session: Session, events: Iterator[Event], *, verb: str) -> list[Event]:
    """Show the events of `stop` and `down` as lines and give them."""
    from hearth_control.cli.board import Board
    from hearth_control.cli.display import Events, Lines

    output, seen = session.output, []
    now = session.world.clock.monotonic
    display = Events(output) if output.json else Lines(output, Board(), now)
    with cancelling(verb), display:
        for event in events:
            seen.append(event)
            display.show(event)
    return seen


def tell_halted(
    session: Session, events: Sequence[Event], *, verb: str, word: str, then: str
) -> None:
    """Say the end of `stop` or `down`.

    Raises:
        HaltFailedError: something could not be stopped or removed.
    """
    output = session.output
    failed = [event for event in events if isinstance(event, StepFailed)]
    done = [event.step.target for event in events if isinstance(event, StepDone)]
    if output.json:
        names = [event.step.target for event in failed]
        output.event({"event": "result", "done": done, "failed": names})
    for event in failed:
        output.lines(failure_lines(event.failure, output))
    if failed:
        names_text = ", ".join(f"`{event.step.target}`" for event in failed)
        msg = f"{verb}: {names_text} could not be {word}"
        raise HaltFailedError(msg, hint="hearth status")
    if not output.quiet:
        output.line(f"{dim(output.symbols.off)} {bold(word if done else f'already {word}')}")
        output.note(f"{dim('next')}  {typed(then)}")


@contextmanager
def cancelling(verb: str) -> Iterator[None]:
    """Turn Ctrl-C into an error that says how to go on."""
    try:
        yield
    except KeyboardInterrupt as error:
        msg = f"{verb}: cancelled; what was done stays done"
        raise DeployCancelledError(msg, hint=f"hearth {verb}") from error


def _show(session: Session, deploy: Deploy) -> None:
    events = deploy.run()
    try:
        with open_display(session.output, deploy.plan, session.world.clock.monotonic) as display:
            for event in events:
                display.show(event)
    except KeyboardInterrupt as error:
        events.close()
        done, total = len(deploy.outcome.done), len(deploy.plan.steps)
        raise DeployCancelledError(
            f"up: cancelled after {done} of {total} steps; what was done stays",
            hint="hearth up",
            details={"done": done, "steps": total},
        ) from error


def _sign_in(deploy: Deploy) -> SignInLink | None:
    """Ask for a link when the server was started just now; a courtesy, so never an error."""
    starts = (StepKind.CREATE, StepKind.RECREATE, StepKind.START)
    for event in deploy.outcome.done:
        if event.step.kind in starts and event.step.target == SERVICE:
            return try_sign_in_link(deploy.situation.engine)
    return None


def _standing_problems(deploy: Deploy, session: Session) -> list[str]:
    """Say what is wrong although there is nothing to change."""
    applied = load_applied(deploy.world.home)
    if applied is None:
        return []
    found = report(applied, deploy.situation.observed)
    return problem_lines(found.problems, session.output)
