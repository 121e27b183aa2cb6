"""`hearth enable`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_services
from hearth_control.cli.session import session_of
from hearth_control.cli.theme import bold, dim, good, typed
from hearth_control.cli.verb import verb
from hearth_control.deploy.change import check_address, load_for_change, turn_on, write_change


@verb("hearth enable n8n")
@click.argument("service", shell_complete=complete_services)
@click.pass_context
def enable(context: click.Context, *, service: str) -> None:
    """Turn a service on. Whatever it needs comes on with it; `hearth up` starts it."""
    session = session_of(context)
    catalog, settings = load_for_change(session.world, service, verb="enable")
    change = turn_on(catalog, settings, service)
    check_address(change, settings)
    write_change(session.world, change)
    if session.output.json:
        session.output.data(
            {"service": service, "settings": change.values, "also": list(change.also)}
        )
        return
    session.output.line(f"{good(session.output.symbols.good)} {bold(service)} is on")
    for line in change.also:
        session.output.line(f"  and {line}")
    session.output.note(f"{dim('next')}  {typed('hearth up')}")


command = enable
