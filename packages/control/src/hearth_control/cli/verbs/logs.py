"""`hearth logs`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_running
from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb


@verb("hearth logs", "hearth logs postgres -f", "hearth logs n8n --tail 500 --json")
@click.argument("services", nargs=-1, metavar="[SERVICE]...", shell_complete=complete_running)
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines until Ctrl-C.")
@click.option(
    "--tail", "-n", type=click.IntRange(0), default=100, help="Lines a unit.", show_default=True
)
@click.pass_context
def logs(context: click.Context, *, services: tuple[str, ...], follow: bool, tail: int) -> None:
    """Show what services wrote, all of them or the named ones, in order of time."""
    from hearth_control.cli.documents import log_document
    from hearth_control.cli.log_words import LogPrinter
    from hearth_control.deploy.halt import get_running, units_of

    session = session_of(context)
    running = get_running(session.world)
    units = units_of(running, services, verb="logs")
    printer = LogPrinter(session.output, units)
    try:
        for line in running.engine.logs(units, tail=tail, follow=follow):
            if session.output.json:
                session.output.event(log_document(line))
            else:
                printer.show(line)
    except KeyboardInterrupt:
        if not follow:
            raise


command = logs
