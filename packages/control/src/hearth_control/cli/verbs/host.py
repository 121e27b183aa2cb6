"""`hearth host` and `hearth host setup`."""

from __future__ import annotations

from typing import Any

import click

from hearth_control.cli.exit_codes import Exit
from hearth_control.cli.session import Session, session_of
from hearth_control.cli.verb import SETTINGS, VerbGroup, verb


@verb(
    "hearth host setup --dry-run",
    "hearth host setup --gpu",
    "hearth host setup --gpu --dry-run > setup.sh",
)
@click.option("--gpu", is_flag=True, help="Also what containers need to use graphics cards.")
@click.option("--dry-run", is_flag=True, help="Print the steps as a script and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_context
def setup(context: click.Context, *, gpu: bool, dry_run: bool, yes: bool) -> None:
    """Install what the machine lacks: Docker with its compose plugin; with --gpu drivers and tools.

    Debian, Ubuntu and Fedora, from their own and the vendors' repositories. Every step is shown
    before you are asked once; what is there already is left as it is. Exits 3 when something is
    left that only you can do.
    """
    from hearth_control.cli.asking import ask
    from hearth_control.cli.host_words import by_hand_lines, end_lines, setup_document, step_lines
    from hearth_control.deploy.machine import check_root, prepare, take
    from hearth_control.host.setup.steps import as_script

    session = session_of(context)
    output = session.output
    prepared = prepare(session.world, gpu=gpu)
    if dry_run:
        if output.json:
            output.data(setup_document(prepared, taken=False))
        else:
            output.line(as_script(prepared.setup, prepared.machine).rstrip())
        return
    for line in step_lines(prepared, output):
        output.note(line)
    if prepared.setup.steps:
        check_root(prepared)
        ask(
            session,
            (),
            f"Take {len(prepared.setup.steps)} steps as root?",
            yes=yes,
            retry=f"{prepared.command} --yes",
            why="hearth: this changes the machine, and there is no terminal to ask at",
        )
        take(session.world, prepared, begin=lambda n, s: _begin(session, n, s), tell=output.note)
    if output.json:
        output.data(setup_document(prepared, taken=True))
    else:
        output.lines(end_lines(prepared, output))
        output.lines(by_hand_lines(prepared, output))
    if prepared.setup.by_hand:
        context.exit(Exit.PARTLY)


def _begin(session: Session, number: int, step: Any) -> None:  # noqa: ANN401  # imported late
    from hearth_control.cli.theme import bold, dim

    session.output.note(f"{bold(f'{number}  {step.title}')}  {dim(step.cause)}")


def _show(session: Session) -> None:
    from hearth_control.cli.host_words import host_document, host_lines
    from hearth_control.deploy.fitting import room_for_models

    host, machine = session.world.load_host(), session.world.load_machine()
    has_engine = machine.engine.state == "answers" and machine.engine.compose
    room = room_for_models(session.world, host, has_engine=has_engine)
    if session.output.json:
        session.output.data(host_document(host, machine, room))
    else:
        session.output.lines(host_lines(host, machine, room, session.output))


command = VerbGroup(
    "host",
    alone=_show,
    help="Show this machine and its cards, or set it up. Alone it shows them.",
    commands=[setup],
    examples=("hearth host", "hearth host --json | jq .gpus", "hearth host setup"),
    context_settings=SETTINGS,
    subcommand_metavar="[setup [OPTIONS]]",
)
