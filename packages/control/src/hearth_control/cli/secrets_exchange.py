"""`hearth secrets pull|push`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hearth_control.cli.secrets_words import next_line
from hearth_control.cli.session import Session, session_of
from hearth_control.cli.table import Cell
from hearth_control.cli.theme import bad, bold, dim
from hearth_control.cli.verb import verb

if TYPE_CHECKING:
    from hearth_control.secrets.compare import Line


@verb("hearth secrets pull --dry-run", "hearth secrets pull")
@click.option("--dry-run", is_flag=True, help="Show what differs, and change nothing.")
@click.pass_context
def pull(context: click.Context, *, dry_run: bool) -> None:
    """Take secrets from Infisical: + new here, ~ changed, = the same, ! refused.

    A value of the wrong kind, and a new one of what may never change, are refused. Where Infisical
    does not answer, the files here stay as they are.
    """
    from hearth_control.deploy.exchange import pull as take
    from hearth_control.secrets.errors import SecretValueError

    session = session_of(context)
    lines, prepared = take(session.world, dry_run=dry_run)
    _tell(session, lines, dry_run=dry_run)
    if prepared is not None and not dry_run:
        session.output.note(next_line("hearth up"))
    refused = [line.key for line in lines if line.sign == "!"]
    if refused and not dry_run:
        names = ", ".join(f"`{key}`" for key in refused)
        msg = f"pull: refused {names}; the others were taken"
        raise SecretValueError(msg, hint="hearth secrets pull --dry-run")


@verb("hearth secrets push --dry-run", "hearth secrets push")
@click.option("--dry-run", is_flag=True, help="Show what differs, and change nothing.")
@click.pass_context
def push(context: click.Context, *, dry_run: bool) -> None:
    """Give secrets to Infisical: + new there, ~ changed, = the same. Nothing there is removed."""
    from hearth_control.deploy.exchange import push as give

    session = session_of(context)
    _tell(session, give(session.world, dry_run=dry_run), dry_run=dry_run)


def _tell(session: Session, lines: Sequence[Line], *, dry_run: bool) -> None:
    output = session.output
    if output.json:
        document = [{"secret": line.key, "sign": line.sign, "why": line.why} for line in lines]
        output.data({"done": not dry_run, "secrets": document})
        return
    paint = {"=": dim, "!": bad}
    output.table(
        [
            [Cell(line.sign, paint.get(line.sign, bold)), Cell(line.key), Cell(line.why, dim)]
            for line in lines
        ]
    )
    if not lines:
        output.line("There is nothing to exchange.")
