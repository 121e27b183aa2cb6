"""`hearth reach`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_services
from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb


@verb(
    "hearth reach",
    "hearth reach n8n postgres",
    "hearth reach postgres internet",
    "hearth reach --json | jq '.pairs[] | select(.way == \"open\")'",
)
@click.argument("asker", required=False, shell_complete=complete_services)
@click.argument("target", required=False, shell_complete=complete_services)
@click.pass_context
def reach(context: click.Context, *, asker: str | None, target: str | None) -> None:
    """Show who reaches whom over the network, and why.

    Names are services or single containers. Without a name: everybody. With one: whom it reaches
    and who reaches it. With two: whether the first reaches the second, over which network and why,
    or what would open the way; the second may also be `internet` or `host`.
    """
    from hearth_control.cli.reach_matrix import matrix_lines
    from hearth_control.cli.reach_words import one_lines, reach_document, two_lines
    from hearth_control.deploy.reach import plan_to_reach
    from hearth_control.plan.reaching import answer

    session = session_of(context)
    names = tuple(name for name in (asker, target) if name is not None)
    plan, catalog = plan_to_reach(session.world, names)
    found = answer(plan, catalog, names)
    if session.output.json:
        session.output.data(reach_document(found))
    elif len(names) == 2:
        session.output.lines(two_lines(found, session.output))
    elif names:
        session.output.lines(one_lines(found, session.output))
    else:
        session.output.lines(matrix_lines(found, session.output))


command = reach
