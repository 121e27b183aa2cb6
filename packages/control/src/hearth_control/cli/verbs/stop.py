"""`hearth stop`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_running
from hearth_control.cli.running import show_events, tell_halted
from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb
from hearth_control.deploy.halt import get_running
from hearth_control.deploy.halt import stop as stop_services


@verb("hearth stop", "hearth stop n8n open-webui")
@click.argument("services", nargs=-1, metavar="[SERVICE]...", shell_complete=complete_running)
@click.pass_context
def stop(context: click.Context, *, services: tuple[str, ...]) -> None:
    """Stop services, all of them or the named ones, and keep them and their data."""
    session = session_of(context)
    running = get_running(session.world)
    events = show_events(session, stop_services(session.world, running, services), verb="stop")
    tell_halted(session, events, verb="stop", word="stopped", then="hearth up")


command = stop
