"""`hearth show`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_services
from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb


@verb("hearth show n8n", "hearth show lambda-server --json | jq .wires")
@click.argument("service", shell_complete=complete_services)
@click.pass_context
def show(context: click.Context, *, service: str) -> None:
    """Show everything that follows from one service's file.

    Its containers, ports, wiring, networks, volumes, the names of its secrets (never a value),
    and where its hardening makes an exception. A service that is off is shown as if it were on.
    """
    from hearth_control.cli.show_words import show_lines
    from hearth_control.deploy.derive import derive, plan_with

    session = session_of(context)
    catalog, plan, is_on = plan_with(session.world, service)
    derived = derive(catalog.services[service], plan, is_on=is_on)
    if session.output.json:
        from dataclasses import asdict

        session.output.data(asdict(derived))
    else:
        session.output.lines(show_lines(derived, session.output))


command = show
