"""`hearth settings list|explain|set|unset`."""

from __future__ import annotations

from functools import partial

import click

from hearth_control.cli.complete import complete_keys
from hearth_control.cli.session import Session, session_of
from hearth_control.cli.theme import dim, good, typed
from hearth_control.cli.verb import SETTINGS, VerbGroup, verb


@verb("hearth settings list", "hearth settings list --all", name="list")
@click.option("--all", "every", is_flag=True, help="Also keys that hold their default.")
@click.pass_context
def list_(context: click.Context, *, every: bool) -> None:
    """List the settings that were chosen, with where each value comes from."""
    _list(session_of(context), every=every)


@verb("hearth settings explain BASE_PORT", "hearth settings explain N8N_SOURCE --json")
@click.argument("key", shell_complete=complete_keys)
@click.pass_context
def explain(context: click.Context, *, key: str) -> None:
    """Say what a setting is for, what it holds, and where that value comes from."""
    from hearth_control.cli.settings_words import explanation_document, explanation_lines
    from hearth_control.deploy.preferences import explain_key

    session = session_of(context)
    found = explain_key(session.world, key)
    if session.output.json:
        session.output.data(explanation_document(found))
    else:
        session.output.lines(explanation_lines(found, session.output))


@verb("hearth settings set BASE_PORT 64000", "hearth settings set MODE=private", name="set")
@click.argument("key", shell_complete=complete_keys)
@click.argument("value", required=False)
@click.pass_context
def set_(context: click.Context, *, key: str, value: str | None) -> None:
    """Set a key in `.env`, keeping its comments and order. A bad value changes nothing."""
    from hearth_control.deploy.preferences import set_key

    name, given = _split(key, value, context)
    session = session_of(context)
    _tell(session, set_key(session.world, name, given), given)


@verb("hearth settings unset BASE_PORT")
@click.argument("key", shell_complete=complete_keys)
@click.pass_context
def unset(context: click.Context, *, key: str) -> None:
    """Take a key out of `.env`, so that the preset's or the catalog's value holds again."""
    from hearth_control.deploy.preferences import unset_key

    session = session_of(context)
    _tell(session, unset_key(session.world, key), None)


def _split(key: str, value: str | None, context: click.Context) -> tuple[str, str]:
    """Take `KEY VALUE` and `KEY=VALUE` alike."""
    if value is not None:
        return key, value
    name, sign, given = key.partition("=")
    if not sign:
        msg = "missing the value: type KEY VALUE or KEY=VALUE"
        raise click.UsageError(msg, context)
    return name, given


def _list(session: Session, *, every: bool) -> None:
    from hearth_control.cli.settings_words import preferences_document, preferences_lines
    from hearth_control.deploy.preferences import load_preferences

    found = load_preferences(session.world)
    if session.output.json:
        session.output.data(preferences_document(found))
    else:
        session.output.lines(preferences_lines(found, session.output, every=every))


def _tell(session: Session, name: str, value: str | None) -> None:
    if session.output.json:
        session.output.data({"settings": {name: value}})
        return
    what = f"{name}={value}" if value is not None else f"{name} is no longer set"
    session.output.line(f"{good(session.output.symbols.good)} {what}")
    session.output.note(f"{dim('next')}  {typed('hearth plan')}")


command = VerbGroup(
    "settings",
    alone=partial(_list, every=False),
    help="List, explain and change settings. Alone it lists what was chosen.",
    commands=[list_, explain, set_, unset],
    context_settings=SETTINGS,
    subcommand_metavar="list|explain|set|unset [ARGUMENTS]",
)
