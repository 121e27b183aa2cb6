"""`hearth status`."""

from __future__ import annotations

import click

from hearth_control.cli.exit_codes import Exit
from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb

EXIT_OF = {
    "running": Exit.DONE,
    "starting": Exit.PARTLY,
    "partly": Exit.PARTLY,
    "stopped": Exit.FAILED,
}


@verb("hearth status", "hearth status --json | jq .services")
@click.pass_context
def status(context: click.Context) -> None:
    """Show what runs, how it is, and what to do about what does not.

    Exits 0 when everything that was brought up runs well, 3 when some of it does, 1 when nothing
    does.
    """
    from hearth_control.deploy.applied import digest_settings
    from hearth_control.deploy.halt import get_running
    from hearth_control.deploy.status import report

    session = session_of(context)
    running = get_running(session.world)
    applied, home = running.applied, session.world.home
    found = report(applied, running.engine.observe())
    changed = applied.settings_digest != digest_settings(home)
    if session.output.json:
        from hearth_control.cli.documents import report_document

        session.output.data(
            report_document(
                found,
                home=str(home),
                project=applied.project,
                engine=applied.engine,
                settings_changed=changed,
            )
        )
    else:
        from hearth_control.cli.status_words import status_lines

        now = session.world.clock.now()
        session.output.lines(
            status_lines(found, applied, session.output, now=now, settings_changed=changed)
        )
    context.exit(EXIT_OF[found.verdict.value])


command = status
