"""`hearth up`."""

from __future__ import annotations

import click

from hearth_control.cli.asking import ask_losses
from hearth_control.cli.complete import complete_services
from hearth_control.cli.documents import summary_document
from hearth_control.cli.running import carry_out, tell_summary
from hearth_control.cli.session import Session, session_of
from hearth_control.cli.theme import bold, dim, typed
from hearth_control.cli.verb import verb
from hearth_control.cli.words import plan_in_short
from hearth_control.deploy.check import check_plan
from hearth_control.deploy.exchange import try_refresh
from hearth_control.deploy.names import check_on
from hearth_control.deploy.restrict import restrict
from hearth_control.deploy.setup import set_up
from hearth_control.deploy.situation import (
    Situation,
    look,
    plan_for,
)
from hearth_control.deploy.up import Deploy, confirm_losses
from hearth_control.plan.model import Plan
from hearth_control.settings.merge import DEFAULT


@verb("hearth up", "hearth up n8n", "hearth up --dry-run", "hearth up --yes --json")
@click.argument("services", nargs=-1, metavar="[SERVICE]...", shell_complete=complete_services)
@click.option("--yes", "-y", is_flag=True, help="Do not ask, also where data is destroyed.")
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@click.pass_context
def up(context: click.Context, *, services: tuple[str, ...], yes: bool, dry_run: bool) -> None:
    """Start everything that is on, or bring it up to date.

    Names start only those services and what they stand on. The first call in a new home sets it
    up with the preset `starter`. A second call with nothing changed does nothing.
    """
    session = session_of(context)
    world = session.world
    said = "" if dry_run else try_refresh(world)
    if said:
        session.output.note(said)
    situation = look(world)
    whole = plan_for(world, situation)
    check_plan(whole)
    check_on(services, whole, situation.catalog, verb="up")
    plan = restrict(whole, services)
    if dry_run:
        _show_dry_run(session, plan)
        return
    if situation.settings.origins["PRESET"].origin == DEFAULT:
        _tell_first_run(session, situation.settings.origins["PRESET"].value)
        set_up(world, {"PRESET": situation.settings.origins["PRESET"].value})
    _tell_plan(session, plan, situation)
    confirm_losses(plan, lambda steps: ask_losses(session, steps, yes=yes))
    deploy = Deploy(world=world, situation=situation, plan=plan, services=services)
    summary = carry_out(session, deploy)
    if session.output.json:
        session.output.event(summary_document(summary, deploy.outcome))
    tell_summary(session, deploy, summary)


def _show_dry_run(session: Session, plan: Plan) -> None:
    from hearth_control.plan.show import as_dict, show

    if session.output.json:
        session.output.data(as_dict(plan))
        return
    session.output.line(show(plan))
    session.output.note(dim("\nThis was a dry run: nothing was changed."))


def _tell_first_run(session: Session, preset: str) -> None:
    session.output.note(
        f"First run: setting up {bold(str(session.world.home))} with the preset "
        f"{bold(preset)}; {typed('hearth init')} chooses another."
    )


def _tell_plan(session: Session, plan: Plan, situation: Situation) -> None:
    if plan.is_noop:
        return
    session.output.note(f"Engine {bold(situation.choice.name.value)}: {situation.choice.why}")
    for line in plan_in_short(plan):
        session.output.note(line)
    session.output.note()


command = up
