"""`hearth source`."""

from __future__ import annotations

import shlex

import click

from hearth_control.catalog.model import Source
from hearth_control.cli.asking import ask_losses
from hearth_control.cli.complete import complete_services
from hearth_control.cli.running import carry_out
from hearth_control.cli.session import Session, session_of
from hearth_control.cli.theme import bold, dim, good, typed
from hearth_control.cli.verb import verb
from hearth_control.deploy.applied import load_applied
from hearth_control.deploy.change import Change, load_for_change, move, write_change
from hearth_control.deploy.outcome import Outcome
from hearth_control.deploy.rewire import Asked, ask_target, check_answers, rewire
from hearth_control.deploy.up import Deploy, confirm_losses


@verb(
    "hearth source ollama localhost",
    "hearth source ollama external --url https://models.example.org --apply",
    "hearth source ollama container",
)
@click.argument("service", shell_complete=complete_services)
@click.argument("source", type=click.Choice([each.value for each in Source]))
@click.option("--url", metavar="URL", help="Where an external service answers.")
@click.option("--force", is_flag=True, help="Take it although it does not answer.")
@click.option("--apply", is_flag=True, help="Bring it up now, and go back if that fails.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask, also where data is destroyed.")
@click.pass_context
def source(
    context: click.Context,
    *,
    service: str,
    source: str,
    url: str | None,
    force: bool,
    apply: bool,
    yes: bool,
) -> None:
    """Say where a service comes from: a container, this host, elsewhere, a process, or nowhere.

    What Hearth does not run itself is asked first, from where its users will stand, and refused if
    it does not answer or turns them away.
    """
    session = session_of(context)
    catalog, _ = load_for_change(session.world, service, verb="source")
    change = move(catalog, service, Source(source), url=url)
    asked = Asked()
    if not force:
        asked = ask_target(session.world, change, Source(source))
        retry = f"hearth source {service} {source}"
        retry += f" --url {shlex.quote(url)}" if url else ""
        check_answers(asked, service, Source(source), retry=f"{retry} --force")
        _tell_answers(session, asked)
    outcome = None
    if apply or _wants_now(session):
        outcome = rewire(session.world, change, lambda deploy: _run_up(session, deploy, yes=yes))
    else:
        write_change(session.world, change)
    _tell_done(session, change, asked, source=source, url=url, outcome=outcome)


def _tell_answers(session: Session, asked: Asked) -> None:
    for line in asked.lines:
        session.output.note(f"{good(session.output.symbols.good)} {line}")


def _wants_now(session: Session) -> bool:
    """Ask at a terminal whether to rewire what runs."""
    if not session.output.can_ask or load_applied(session.world.home) is None:
        return False
    return click.confirm("Rewire what runs now?", default=True, err=True)


def _run_up(session: Session, deploy: Deploy, *, yes: bool) -> Outcome:
    confirm_losses(deploy.plan, lambda steps: ask_losses(session, steps, yes=yes))
    carry_out(session, deploy)
    return deploy.outcome


def _tell_done(
    session: Session,
    change: Change,
    asked: Asked,
    *,
    source: str,
    url: str | None,
    outcome: Outcome | None,
) -> None:
    output = session.output
    if output.json:
        document = {
            "service": change.service,
            "settings": change.values,
            "answers": list(asked.lines),
            "applied": outcome is not None,
        }
        (output.event if outcome else output.data)(document)
        return
    where = f" at {url}" if url else ""
    output.line(
        f"{good(output.symbols.good)} {bold(change.service)} comes from {bold(source)}{where}"
    )
    if outcome is None:
        output.note(f"{dim('next')}  {typed('hearth up')}")


command = source
