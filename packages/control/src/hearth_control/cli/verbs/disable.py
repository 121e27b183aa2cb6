"""`hearth disable`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_services
from hearth_control.cli.session import session_of
from hearth_control.cli.theme import bold, dim, typed, warm
from hearth_control.cli.verb import verb
from hearth_control.cli.words import loss_lines
from hearth_control.deploy.change import check_needed, load_for_change, turn_off, write_change


@verb("hearth disable searxng", "hearth disable postgres --yes")
@click.argument("service", shell_complete=complete_services)
@click.option("--yes", "-y", is_flag=True, help="Also when others cannot run without it.")
@click.pass_context
def disable(context: click.Context, *, service: str, yes: bool) -> None:
    """Turn a service off, after saying who loses what. Its data stays."""
    session = session_of(context)
    catalog, settings = load_for_change(session.world, service, verb="disable")
    change = turn_off(catalog, settings, service)
    for line in loss_lines(change.losses):
        session.output.note(line)
    if not yes:
        check_needed(change)
    write_change(session.world, change)
    if session.output.json:
        losses = [
            {"service": x.service, "role": x.role, "required": x.required, "instead": x.instead}
            for x in change.losses
        ]
        session.output.data({"service": service, "settings": change.values, "losses": losses})
        return
    session.output.line(f"{warm(session.output.symbols.off)} {bold(service)} is off")
    session.output.note(f"{dim('next')}  {typed('hearth up')}")


command = disable
