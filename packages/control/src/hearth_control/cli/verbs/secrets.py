"""`hearth secrets list|show|set|rotate|pull|push`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_secrets
from hearth_control.cli.secrets_change import rotate, set_
from hearth_control.cli.secrets_exchange import pull, push
from hearth_control.cli.session import Session, session_of
from hearth_control.cli.verb import SETTINGS, VerbGroup, verb


@verb("hearth secrets list", "hearth secrets list --json", name="list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List secrets: what they are, who reads them, whether they may change. Never a value."""
    _list(session_of(context))


@verb("hearth secrets show tinyauth_admin_password")
@click.argument("name", shell_complete=complete_secrets)
@click.pass_context
def show(context: click.Context, *, name: str) -> None:
    """Print one secret's value."""
    from hearth_control.deploy.secret_list import reveal

    session = session_of(context)
    value = reveal(session.world, name).reveal()
    if session.output.json:
        session.output.data({"secret": name, "value": value})
    else:
        session.output.line(value)


def _list(session: Session) -> None:
    from hearth_control.cli.secrets_words import secrets_document, secrets_lines
    from hearth_control.deploy.secret_list import list_secrets

    found = list_secrets(session.world)
    if session.output.json:
        session.output.data(secrets_document(found))
    else:
        session.output.lines(secrets_lines(found, session.output))


command = VerbGroup(
    "secrets",
    alone=_list,
    help="List, show and change secrets, and exchange them with Infisical. Alone it lists them.",
    commands=[list_, show, set_, rotate, pull, push],
    context_settings=SETTINGS,
    subcommand_metavar="list|show|set|rotate|pull|push [ARGUMENTS]",
)
