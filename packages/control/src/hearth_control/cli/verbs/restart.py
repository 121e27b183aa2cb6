"""`hearth restart`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_running
from hearth_control.cli.documents import summary_document
from hearth_control.cli.running import carry_out, show_events, tell_summary
from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb
from hearth_control.deploy.check import check_plan
from hearth_control.deploy.halt import get_running
from hearth_control.deploy.halt import stop as stop_services
from hearth_control.deploy.restrict import restrict
from hearth_control.deploy.situation import look, plan_for
from hearth_control.deploy.up import Deploy


@verb("hearth restart", "hearth restart n8n")
@click.argument("services", nargs=-1, metavar="[SERVICE]...", shell_complete=complete_running)
@click.pass_context
def restart(context: click.Context, *, services: tuple[str, ...]) -> None:
    """Stop services and start them again, all of them or the named ones."""
    session = session_of(context)
    world = session.world
    running = get_running(world)
    show_events(session, stop_services(world, running, services), verb="restart")
    situation = look(world)
    plan = plan_for(world, situation)
    check_plan(plan)
    cut = restrict(plan, services)
    deploy = Deploy(world=world, situation=situation, plan=cut, services=services)
    summary = carry_out(session, deploy)
    if session.output.json:
        session.output.event(summary_document(summary, deploy.outcome))
    tell_summary(session, deploy, summary)


command = restart
