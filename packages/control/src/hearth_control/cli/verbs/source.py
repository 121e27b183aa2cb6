"""`hearth source`."""

from __future__ import annotations

import click

from hearth_control.catalog.model import Source
from hearth_control.cli.complete import complete_services
from hearth_control.cli.session import session_of
from hearth_control.cli.theme import bold, dim, good, typed
from hearth_control.cli.verb import verb
from hearth_control.deploy.change import load_for_change, move, write_change


@verb(
    "hearth source ollama localhost",
    "hearth source ollama external --url https://models.example.org",
    "hearth source ollama container",
)
@click.argument("service", shell_complete=complete_services)
@click.argument("source", type=click.Choice([each.value for each in Source]))
@click.option("--url", metavar="URL", help="Where an external service answers.")
@click.pass_context
def source(context: click.Context, *, service: str, source: str, url: str | None) -> None:
    """Say where a service comes from: a container, this host, elsewhere, a process, or nowhere."""
    session = session_of(context)
    catalog, _ = load_for_change(session.world, service, verb="source")
    change = move(catalog, service, Source(source), url=url)
    write_change(session.world, change)
    if session.output.json:
        session.output.data({"service": service, "settings": change.values})
        return
    where = f" at {url}" if url else ""
    mark = good(session.output.symbols.good)
    session.output.line(f"{mark} {bold(service)} comes from {bold(source)}{where}")
    session.output.note(f"{dim('next')}  {typed('hearth up')}")


command = source
