"""Asking the person, once, and only where an answer changes something."""

from __future__ import annotations

from collections.abc import Sequence

import click
from hearth_kit.errors import CancelledError

from hearth_control.cli.errors import ConfirmationNeededError
from hearth_control.cli.session import Session
from hearth_control.cli.words import destroyed_lines
from hearth_control.plan.model import Step


class NotConfirmedError(CancelledError):
    """The person said no; nothing was changed."""

    code = "not-confirmed"


def ask_losses(session: Session, steps: Sequence[Step], *, yes: bool) -> None:
    """List what would be destroyed and ask.

    Raises:
        NotConfirmedError: the answer was no.
        ConfirmationNeededError: there is nobody to ask, and `--yes` was not given.
    """
    ask(session, destroyed_lines(steps), "Destroy this for good?", yes=yes, retry="hearth up --yes")


NO_TERMINAL = "hearth: this destroys data, and there is no terminal to ask at"


def ask(
    session: Session,
    lines: Sequence[str],
    question: str,
    *,
    yes: bool,
    retry: str,
    why: str = NO_TERMINAL,
) -> None:
    """Show what it is about and ask one question; `--yes` answers it.

    Raises:
        NotConfirmedError: the answer was no.
        ConfirmationNeededError: there is nobody to ask; it says `why`, the hint is `retry`.
    """
    for line in lines:
        session.output.complain(line)
    if yes:
        return
    if not session.output.can_ask:
        raise ConfirmationNeededError(why, hint=retry)
    if not click.confirm(question, default=False, err=True):
        msg = "hearth: not confirmed; nothing was changed"
        raise NotConfirmedError(msg)
