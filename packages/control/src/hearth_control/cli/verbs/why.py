"""`hearth why`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_services
from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb


@verb("hearth why postgres")
@click.argument("service", shell_complete=complete_services)
@click.pass_context
def why(context: click.Context, *, service: str) -> None:
    """Say why a service is on and who uses it, or why it is off."""
    from hearth_control.cli.why_words import why_document, why_lines
    from hearth_control.deploy.names import check_known
    from hearth_control.deploy.situation import look, plan_for
    from hearth_control.plan.why import why as explain

    session = session_of(context)
    situation = look(session.world)
    check_known([service], situation.catalog.services, verb="why")
    plan = plan_for(session.world, situation)
    reason = explain(plan, situation.catalog, service)
    if session.output.json:
        session.output.data(why_document(reason))
    else:
        session.output.lines(why_lines(reason, session.output))


command = why
