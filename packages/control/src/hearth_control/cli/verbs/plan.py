"""`hearth plan`."""

from __future__ import annotations

import click

from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb


@verb("hearth plan", "hearth plan --json | jq '.steps[].cause'")
@click.pass_context
def plan(context: click.Context) -> None:
    """Show what `hearth up` would do, a line a step with its cause.

    Changes nothing. In a home that is not set up yet it shows the preset `starter`.
    """
    from hearth_control.cli.plan_words import plan_lines
    from hearth_control.deploy.check import check_plan
    from hearth_control.deploy.situation import look, plan_for

    session = session_of(context)
    situation = look(session.world)
    made = plan_for(session.world, situation)
    if session.output.json:
        from hearth_control.plan.show import as_dict

        session.output.data(as_dict(made))
    else:
        session.output.lines(plan_lines(made, session.output))
    check_plan(made)


command = plan
