"""`hearth add`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb

ACCESS = ("login", "own", "open")


def _pairs(
    _context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Read `NAME=VALUE` options."""
    pairs = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            msg = f"`{text}` should be {option.metavar}"
            raise click.BadParameter(msg)
        pairs[name] = value
    return pairs


@verb(
    "hearth add ~/wiki/docker-compose.yml",
    "hearth add . --name wiki --use postgres --yes",
    "hearth add app.yaml --image web=ghcr.io/me/app:1.4 --port web:3000 --dry-run",
)
@click.argument("path", type=click.Path(path_type=Path, readable=False))
@click.option("--name", metavar="NAME", help="What to call it.")
@click.option("--title", metavar="TEXT", help="Its name as people write it.")
@click.option("--summary", metavar="TEXT", help="What it is for, in a few words.")
@click.option("--port", metavar="CONTAINER:PORT", help="What a browser asks; `none` for nothing.")
@click.option("--offset", type=click.IntRange(0, 999), help="Distance from BASE_PORT.")
@click.option("--route", metavar="NAME", help="Label before the domain; `none` for no route.")
@click.option(
    "--access", type=click.Choice(ACCESS), default="login", help="Who may pass the route."
)
@click.option(
    "--image",
    "images",
    multiple=True,
    metavar="CONTAINER=IMAGE",
    callback=_pairs,
    help="The image of a container, with its version.",
)
@click.option("--use", multiple=True, metavar="ROLE", help="Let Hearth's serve it: `postgres`.")
@click.option(
    "--allow",
    multiple=True,
    metavar="POWER=WHY",
    callback=_pairs,
    help="Grant a power, such as `cap_add: NET_ADMIN`, with your reason.",
)
@click.option("--memory", metavar="SIZE", help="What each container may take (1G).")
@click.option("--no-internet", is_flag=True, help="It may not reach the internet.")
@click.option("--force", is_flag=True, help="Replace your service of that name; a copy is kept.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask; take every guess.")
@click.pass_context
def add(context: click.Context, /, path: Path, **said: object) -> None:
    """Add a service of your own from its Compose file.

    Takes the file of a project, or the folder that it lies in, guesses what Hearth wants to know,
    says what it derived and what is different now, and writes it into the home's `services/`. The
    file that you give is not touched. `hearth enable NAME` turns it on.
    """
    from hearth_control.cli.adding import add_service

    session = session_of(context)
    retry = f"hearth add {shlex.quote(str(path))}"
    add_service(session, path, dict(said), retry=retry)


command = add
