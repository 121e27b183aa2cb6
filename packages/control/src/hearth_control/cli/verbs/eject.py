"""`hearth eject`."""

from __future__ import annotations

from pathlib import Path

import click

from hearth_control.cli.session import session_of
from hearth_control.cli.theme import bold, dim, good, typed
from hearth_control.cli.verb import verb


@verb("hearth eject ~/my-platform", "hearth eject ./out --force")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@click.pass_context
def eject(context: click.Context, *, folder: Path, force: bool) -> None:
    """Write a compose project that runs without Hearth: nobody is locked in.

    The folder gets the merged compose file, every file it mounts, and an environment file with the
    secrets, which only you can read.
    """
    from hearth_control.deploy.eject import eject_to

    session = session_of(context)
    files = eject_to(session.world, folder, force=force)
    if session.output.json:
        session.output.data({"folder": str(folder.resolve()), "files": list(files)})
        return
    mark = good(session.output.symbols.good)
    session.output.line(f"{mark} {bold(str(folder))} holds a compose project of its own")
    for name in files:
        session.output.line(f"  {dim(name)}")
    session.output.note(f"{dim('next')}  {typed(f'cd {folder} && docker compose up -d')}")


command = eject
