"""`hearth init`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_models, complete_presets
from hearth_control.cli.offering import ask_model, check_model, fetch_model
from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb
from hearth_control.cli.wizard import ask_preset, preview, tell_preview, tell_set_up
from hearth_control.deploy.setup import check_preset, set_up
from hearth_control.settings.keys import DEFAULT_PRESET
from hearth_control.settings.model import EngineName

ENGINES = (EngineName.AUTO, EngineName.COMPOSE, EngineName.EMBEDDED)


@verb(
    "hearth init",
    "hearth init --preset starter --yes",
    "hearth init --engine embedded --yes",
    "hearth init --model multilingual-e5-small --yes",
)
@click.option(
    "--preset",
    metavar="NAME",
    shell_complete=complete_presets,
    help="What to run; `none`: only what you turn on.",
)
@click.option(
    "--engine", type=click.Choice([each.value for each in ENGINES]), help="What to run it on."
)
@click.option(
    "--model",
    metavar="NAME",
    shell_complete=complete_models,
    help="Fetch this model, too, so that search understands meaning.",
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask; take `starter` if nothing is named.")
@click.pass_context
def init(
    context: click.Context, *, preset: str | None, engine: str | None, model: str | None, yes: bool
) -> None:
    """Choose what to run and where, and write it into the home's `.env`.

    Asks at a terminal, shows what the choice takes of this machine, and prints the command that
    does the same. Starts nothing. An `.env` that is there keeps everything else. Where a model
    cannot be fetched, search goes on by words and spelling.
    """
    session = session_of(context)
    catalog = session.world.load_catalog()
    asks = not yes and session.output.can_ask
    if preset is None:
        preset = ask_preset(session, catalog, engine=engine) if asks else DEFAULT_PRESET
    check_preset(catalog, preset)
    if model is not None:
        check_model(session, model)
    shown = preview(session, preset=preset, engine=engine)
    if not session.output.json:
        tell_preview(session, shown)
    if asks:
        click.confirm("Write these settings?", default=True, abort=True, err=True)
    set_up(session.world, {"PRESET": preset, **({"ENGINE": engine} if engine else {})})
    if model is None and asks:
        model = ask_model(session, shown)
    tell_set_up(session, shown, model=fetch_model(session, model) if model else None)


command = init
