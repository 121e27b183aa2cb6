"""`hearth version`."""

from __future__ import annotations

import click

from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb


@verb("hearth version --json")
@click.pass_context
def version(context: click.Context) -> None:
    """Show the version of Hearth and of what it runs on."""
    import platform
    from importlib.metadata import version as version_of

    session = session_of(context)
    facts = {
        "hearth": version_of("hearth-control"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "checkout": str(session.world.root),
        "home": str(session.world.home),
    }
    if session.output.json:
        session.output.data(facts)
        return
    width = max(len(name) for name in facts)
    session.output.lines(f"{name:<{width}}  {value}" for name, value in facts.items())


command = version
