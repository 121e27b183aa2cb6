"""`hearth settings list|explain|set|unset`."""

from __future__ import annotations

from typing import Any

import click

from hearth_control.cli.complete import complete_keys
from hearth_control.cli.session import Session, session_of
from hearth_control.cli.theme import dim, good, typed
from hearth_control.cli.verb import SETTINGS, VerbCommand, global_options, verb


@verb("hearth settings list", "hearth settings list --all", name="list")
@click.option("--all", "every", is_flag=True, help="Also keys that hold their default.")
@click.pass_context
def list_(context: click.Context, *, every: bool) -> None:
    """List the settings that were chosen, with where each value comes from."""
    from hearth_control.cli.settings_words import settings_document, settings_lines
    from hearth_control.deploy.situation import load_choices

    session = session_of(context)
    _, settings = load_choices(session.world)
    if session.output.json:
        session.output.data(settings_document(settings))
    else:
        session.output.lines(settings_lines(settings, session.output, every=every))


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
    set_key(session.world, name, given)
    _tell(session, {name: given})


@verb("hearth settings unset BASE_PORT")
@click.argument("key", shell_complete=complete_keys)
@click.pass_context
def unset(context: click.Context, *, key: str) -> None:
    """Take a key out of `.env`, so that the preset's or the catalog's value holds again."""
    from hearth_control.deploy.preferences import set_key

    session = session_of(context)
    set_key(session.world, key, None)
    _tell(session, {key: None})


def _split(key: str, value: str | None, context: click.Context) -> tuple[str, str]:
    """Take `KEY VALUE` and `KEY=VALUE` alike."""
    if value is not None:
        return key, value
    name, sign, given = key.partition("=")
    if not sign:
        msg = "missing the value: type KEY VALUE or KEY=VALUE"
        raise click.UsageError(msg, context)
    return name, given


def _tell(session: Session, values: dict[str, str | None]) -> None:
    if session.output.json:
        session.output.data({"settings": values})
        return
    for name, value in values.items():
        what = f"{name}={value}" if value is not None else f"{name} is no longer set"
        session.output.line(f"{good(session.output.symbols.good)} {what}")
    session.output.note(f"{dim('next')}  {typed('hearth plan')}")


class SettingsGroup(click.Group):
    """The verbs below `settings`; the global options hold before and after them."""

    command_class = VerbCommand

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # click's own signature
        super().__init__(*args, **kwargs)
        self.params.extend(global_options())


command = SettingsGroup(
    "settings",
    help="List, explain and change settings.",
    commands=[list_, explain, set_, unset],
    context_settings=SETTINGS,
    subcommand_metavar="list|explain|set|unset [ARGUMENTS]",
)
