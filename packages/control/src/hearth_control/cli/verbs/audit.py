"""`hearth audit`."""

from __future__ import annotations

import click

from hearth_control.cli.exit_codes import Exit
from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb


@verb("hearth audit", "hearth audit --strict", "hearth audit --json | jq .findings")
@click.option("--strict", is_flag=True, help="Exit 1 where a warning or an error is found.")
@click.pass_context
def audit(context: click.Context, *, strict: bool) -> None:
    """Show what is exposed, to whom and why, and what each container may do.

    Ports and routes with who passes there, paths that are open without login, who reaches the
    internet, and every power beyond the usual with its reason. It looks at the plan, so it also
    tells before anything is started. Changes nothing.
    """
    from hearth_control.cli.audit_words import audit_document, audit_lines
    from hearth_control.deploy.situation import look, plan_for
    from hearth_control.plan.audit import audit as look_over
    from hearth_control.plan.audit_rules import findings
    from hearth_control.plan.model import Severity

    session = session_of(context)
    situation = look(session.world)
    catalog, settings = situation.catalog, situation.settings
    plan = plan_for(session.world, situation)
    seen = look_over(plan, catalog=catalog, settings=settings)
    notes = findings(seen, plan=plan, catalog=catalog, settings=settings)
    if session.output.json:
        session.output.data(audit_document(seen, notes))
    else:
        session.output.lines(audit_lines(seen, notes, session.output))
    is_grave = any(note.severity is not Severity.INFO for note in notes)
    context.exit(Exit.FAILED if strict and is_grave else Exit.DONE)


command = audit
