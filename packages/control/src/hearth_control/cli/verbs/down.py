"""`hearth down`."""

from __future__ import annotations

import click

from hearth_control.cli.asking import ask
from hearth_control.cli.running import show_events, tell_halted
from hearth_control.cli.session import session_of
from hearth_control.cli.theme import dim
from hearth_control.cli.verb import verb
from hearth_control.cli.words import doomed_lines
from hearth_control.deploy.halt import choose_volumes, open_for_down, try_sizes
from hearth_control.deploy.halt import down as take_down


@verb("hearth down", "hearth down --volume n8n-data", "hearth down --delete-data --yes")
@click.option("--delete-data", is_flag=True, help="Destroy the data of every service, too.")
@click.option("--volume", "named", multiple=True, metavar="NAME", help="Destroy this volume, too.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before data is destroyed.")
@click.pass_context
def down(context: click.Context, *, delete_data: bool, named: tuple[str, ...], yes: bool) -> None:
    """Stop and remove every service and network of this installation. Data stays.

    With `--delete-data` or `--volume` it destroys data, after it has shown which and asked.
    """
    session = session_of(context)
    standing = open_for_down(session.world)
    observed = standing.observed
    doomed = choose_volumes(observed, named, every=delete_data)
    if doomed:
        sizes = try_sizes(session.world, standing)
        words = ["--delete-data"] if delete_data else [f"--volume {name}" for name in doomed]
        retry = " ".join(["hearth down", *words, "--yes"])
        ask(
            session,
            doomed_lines(doomed, sizes),
            "Destroy this data for good?",
            yes=yes,
            retry=retry,
        )
    events_of_down = take_down(session.world, standing.engine, volumes=doomed)
    events = show_events(session, events_of_down, verb="down")
    tell_halted(session, events, verb="down", word="down", then="hearth up")
    kept = [name for name in sorted(observed.volumes) if name not in doomed]
    if kept:
        session.output.note(dim(f"  data kept: {', '.join(kept)}"))
    session.output.note(dim(f"  settings and secrets stay in {session.world.home}"))


command = down
