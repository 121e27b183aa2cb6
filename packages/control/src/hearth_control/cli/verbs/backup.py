"""`hearth backup now|list|restore|check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hearth_control.cli.session import Session, session_of
from hearth_control.cli.verb import SETTINGS, VerbGroup, verb

if TYPE_CHECKING:
    from hearth_control.backup.listing import Backup


@verb("hearth backup now", "hearth backup now --live")
@click.option(
    "--live", is_flag=True, help="Stop nothing; leave out what would have to stand still."
)
@click.pass_context
def now(context: click.Context, *, live: bool) -> None:
    """Back up every database, volume, setting and secret, as one set.

    Stores that cannot be copied while they are used stand still for as long as that takes.
    """
    from hearth_control.backup.flow import take_backup
    from hearth_control.cli.backing import Backing
    from hearth_control.cli.backup_words import taken_lines
    from hearth_control.cli.running import cancelling

    session = session_of(context)
    with cancelling("backup now"), Backing(session.output) as told:
        done = take_backup(session.world, live=live, tell=told)
    if session.output.json:
        session.output.data(done)
        return
    session.output.lines(taken_lines(done, session.output, home=session.world.home))


@verb("hearth backup list", "hearth backup list --json", name="list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List the backups that there are, newest first."""
    _list(session_of(context))


@verb(
    "hearth backup restore",
    "hearth backup restore 2c8c488e",
    "hearth backup restore latest --only n8n --only n8n-data",
    "hearth backup restore latest --settings",
)
@click.argument("backup", default="latest")
@click.option(
    "--only", multiple=True, metavar="NAME", help="Restore this database or volume alone."
)
@click.option("--settings", is_flag=True, help="Restore settings, secrets and own services alone.")
@click.option("--no-copy", is_flag=True, help="Do not back up first what is replaced.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_context
def restore(
    context: click.Context,
    *,
    backup: str,
    only: tuple[str, ...],
    settings: bool,
    no_copy: bool,
    yes: bool,
) -> None:
    """Put a backup back: the latest, or the one with this id. Asks first.

    What is replaced is backed up before. Settings and secrets come back by themselves, first on a
    new machine.
    """
    from hearth_control.backup.listing import choose
    from hearth_control.cli.restoring import restore_data, restore_settings

    session = session_of(context)
    if settings and (only or no_copy):
        msg = "--settings goes with neither --only nor --no-copy"
        raise click.UsageError(msg, context)
    chosen = choose(_found(session), backup)
    if settings:
        restore_settings(session, chosen, yes=yes)
    else:
        restore_data(session, chosen, only=only, copy=not no_copy, yes=yes)


@verb("hearth backup check", "hearth backup check --every-byte")
@click.option("--every-byte", is_flag=True, help="Read all of it, not a twentieth.")
@click.pass_context
def check(context: click.Context, *, every_byte: bool) -> None:
    """Check that the backups are whole and can be read."""
    from hearth_control.backup.flow import ask_runner
    from hearth_control.cli.backing import Backing
    from hearth_control.cli.running import cancelling
    from hearth_control.cli.theme import good

    session = session_of(context)
    words = ("check", "--every-byte") if every_byte else ("check",)
    with cancelling("backup check"), Backing(session.output) as told:
        done = ask_runner(session.world, words, tell=told)
    if session.output.json:
        session.output.data(done)
        return
    read = "every byte" if every_byte else "the structure and a twentieth of the data"
    mark = good(session.output.symbols.good)
    session.output.line(f"{mark} {done['backups']} backups are whole; read was {read}")


def _found(session: Session) -> tuple[Backup, ...]:
    from hearth_control.backup.flow import ask_runner
    from hearth_control.backup.listing import parse_backups
    from hearth_control.backup.runner import unheard

    return parse_backups(ask_runner(session.world, ("list",), tell=unheard))


def _list(session: Session) -> None:
    from hearth_control.cli.backup_words import backups_document, backups_lines

    found = _found(session)
    if session.output.json:
        session.output.data(backups_document(found))
    else:
        session.output.lines(backups_lines(found, session.output))


command = VerbGroup(
    "backup",
    examples=("hearth backup now", "hearth backup restore latest"),
    alone=_list,
    help="Back everything up, and put it back. Alone it lists the backups.",
    commands=[now, list_, restore, check],
    context_settings=SETTINGS,
    subcommand_metavar="now|list|restore|check [ARGUMENTS]",
)
