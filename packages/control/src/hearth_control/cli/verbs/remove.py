"""`hearth remove`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_own
from hearth_control.cli.session import session_of
from hearth_control.cli.theme import bold, dim, typed, warm
from hearth_control.cli.verb import verb


@verb("hearth remove wiki")
@click.argument("service", shell_complete=complete_own)
@click.pass_context
def remove(context: click.Context, *, service: str) -> None:
    """Remove a service of your own. Its data, its secrets and a copy of its file stay.

    It has to be off and stopped: `hearth disable NAME`, then `hearth up`.
    """
    from hearth_control.deploy.adding import remove as take_away

    session = session_of(context)
    done = take_away(session.world, service)
    output = session.output
    if output.json:
        output.data(
            {
                "service": done.service,
                "kept": str(done.kept),
                "volumes": list(done.volumes),
                "secrets": list(done.secrets),
            }
        )
        return
    output.line(f"{warm(output.symbols.off)} {bold(service)} is removed")
    output.line(f"  its file      {done.kept}")
    if done.volumes:
        output.line(f"  its data      in the volumes {', '.join(done.volumes)}")
    if done.secrets:
        output.line(f"  its secrets   {', '.join(done.secrets)}")
    output.note(f"{dim('back')}  {typed(f'hearth add {done.kept}')}")


command = remove
