"""`hearth services`."""

from __future__ import annotations

import click

from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb


@verb("hearth services", "hearth services --json | jq '.services[] | select(.on).name'")
@click.pass_context
def services(context: click.Context) -> None:
    """List the catalog by stack: what each service is for, and whether it is on and why."""
    from hearth_control.cli.catalog_words import catalog_document, catalog_lines
    from hearth_control.deploy.situation import load_choices, resolve_engine

    session = session_of(context)
    catalog, settings = load_choices(session.world)
    settings = resolve_engine(session.world, settings)
    if session.output.json:
        session.output.data(catalog_document(catalog, settings))
    else:
        session.output.lines(catalog_lines(catalog, settings, session.output))


command = services
