"""`hearth secrets set|rotate`."""

from __future__ import annotations

import sys

import click
from hearth_kit.secret import Secret

from hearth_control.cli.asking import ask
from hearth_control.cli.complete import complete_secrets, complete_services
from hearth_control.cli.errors import ConfirmationNeededError
from hearth_control.cli.running import carry_out, tell_summary
from hearth_control.cli.secrets_words import next_line, prepared_document, prepared_lines
from hearth_control.cli.session import Session, session_of
from hearth_control.cli.theme import bold, good
from hearth_control.cli.verb import verb
from hearth_control.deploy.applied import load_applied
from hearth_control.deploy.check import check_plan
from hearth_control.deploy.restrict import restrict
from hearth_control.deploy.rotate import (
    Prepared,
    carry_out_changes,
    check_keys,
    check_refused,
    prepare,
)
from hearth_control.deploy.situation import Situation, look, plan_for
from hearth_control.deploy.up import Deploy
from hearth_control.secrets.rules import recipes

LONGEST_INPUT = 64 * 1024


@verb(
    "hearth secrets set cloudflared_tunnel_token",
    "hearth secrets set n8n-mcp_n8n_api_key < key.txt",
    name="set",
)
@click.argument("name", shell_complete=complete_secrets)
@click.option("--yes", "-y", is_flag=True, help="Do not ask before services start anew.")
@click.pass_context
def set_(context: click.Context, *, name: str, yes: bool) -> None:
    """Give a secret a value of yours, typed unseen or from standard input, never an argument.

    A value that does not fit the secret's kind changes nothing.
    """
    session = session_of(context)
    situation = look(session.world)
    check_keys(recipes(situation.catalog), [name])
    value = _read_value(session, name)
    prepared = prepare(session.world, situation, [name], given={name: value})
    check_refused(prepared)
    _change(session, situation, prepared, yes=yes, retry=f"hearth secrets set {name} --yes")


@verb(
    "hearth secrets rotate redis_password",
    "hearth secrets rotate --service langfuse --dry-run",
    "hearth secrets rotate --all --yes",
)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_secrets)
@click.option("--service", shell_complete=complete_services, help="All secrets of a service.")
@click.option("--all", "every", is_flag=True, help="All secrets that may change.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before services start anew.")
@click.pass_context
def rotate(
    context: click.Context,
    *,
    names: tuple[str, ...],
    service: str | None,
    every: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Make secrets anew, in the stores that hold them too, and start anew what reads them.

    A store is told first, and its file follows once it took the new value. What may never change
    is refused by name, and left alone by --service and --all.
    """
    if sum((bool(names), service is not None, every)) != 1:
        msg = "say which: NAME, --service NAME or --all"
        raise click.UsageError(msg, context)
    session = session_of(context)
    situation = look(session.world)
    prepared = prepare(session.world, situation, names or _keys(session, situation, service))
    if names:
        check_refused(prepared)
    if dry_run:
        _tell(session, prepared, done=False)
        return
    shown = " ".join(names) or (f"--service {service}" if service else "--all")
    _change(session, situation, prepared, yes=yes, retry=f"hearth secrets rotate {shown} --yes")


def _keys(session: Session, situation: Situation, service: str | None) -> list[str]:
    """Name the secrets that are in use; what is derived comes with what it is derived from."""
    from hearth_control.deploy.names import check_known

    if service is not None:
        check_known([service], situation.catalog.services, verb="secrets rotate --service")
    known = recipes(situation.catalog)
    planned = plan_for(session.world, situation).secrets
    return [
        key
        for key in planned
        if key in known and known[key].parent is None and service in {None, known[key].service}
    ]


def _read_value(session: Session, name: str) -> Secret:
    if session.output.can_ask:
        prompt = f"Value of {name}"
        return Secret(click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True))
    data = sys.stdin.buffer.read(LONGEST_INPUT + 1)
    if len(data) > LONGEST_INPUT:
        msg = f"the value is longer than {LONGEST_INPUT} bytes"
        raise click.UsageError(msg)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        msg = "the value is no text"
        raise click.UsageError(msg) from error
    return Secret(text.removesuffix("\n").removesuffix("\r"))


def _change(
    session: Session, situation: Situation, prepared: Prepared, *, yes: bool, retry: str
) -> None:
    world, output = session.world, session.output
    if not prepared.changes:
        _tell(session, prepared, done=False)
        return
    runs = load_applied(world.home) is not None
    if runs and prepared.units and not yes:
        _confirm(session, prepared, retry=retry)
    carry_out_changes(world, situation, prepared)
    _tell(session, prepared, done=True)
    if not runs or not prepared.services:
        output.note(next_line("hearth up"))
        return
    after = look(world)
    plan = plan_for(world, after)
    check_plan(plan)
    deploy = Deploy(
        world=world,
        situation=after,
        plan=restrict(plan, prepared.services),
        services=prepared.services,
    )
    tell_summary(session, deploy, carry_out(session, deploy))


def _confirm(session: Session, prepared: Prepared, *, retry: str) -> None:
    if not session.output.can_ask:
        msg = f"secrets: {', '.join(prepared.units)} would start anew, and nobody is there to ask"
        raise ConfirmationNeededError(msg, hint=retry)
    ask(session, list(prepared_lines(prepared)), "Change this now?", yes=False, retry=retry)


def _tell(session: Session, prepared: Prepared, *, done: bool) -> None:
    output = session.output
    if output.json:
        output.event(prepared_document(prepared, done=done))
        return
    if done:
        names = ", ".join(bold(key) for change in prepared.changes for key in change.values)
        output.line(f"{good(output.symbols.good)} {names} changed")
        return
    output.lines(prepared_lines(prepared) if prepared.changes or prepared.refused else ["Nothing."])
