"""The command `hearth`: finds verbs by the hand-written table and imports only the one called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from hearth_control.cli.errors import UnknownVerbError
from hearth_control.cli.index import GROUPS, VERBS, find_verb
from hearth_control.cli.verb import SETTINGS, global_options

ABOUT = """Hearth runs your own AI platform on your own machine.

\b
  hearth up        sets everything up and starts it
  hearth status    shows how it is
"""


class LazyGroup(click.Group):
    """A group whose verbs are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name every verb in the order of the table."""
        return [verb.name for verb in VERBS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import one verb's module and give its command."""
        verb = find_verb(cmd_name)
        if verb is None:
            return None
        command: click.Command = import_module(verb.module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb that was typed, or say which one was most likely meant."""
        name = args[0]
        if not name.startswith("-") and find_verb(name) is None and not ctx.resilient_parsing:
            raise unknown_verb(name)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Print the verbs in their groups, from the table alone."""
        width = max(len(verb.name) for verb in VERBS)
        for group in GROUPS:
            with formatter.section(group):
                formatter.write_dl(
                    [(v.name.ljust(width), v.summary) for v in VERBS if v.group == group]
                )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete verbs from the table, without importing them."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(verb.name, help=verb.summary)
            for verb in VERBS
            if verb.name.startswith(incomplete)
        ]


def unknown_verb(name: str) -> UnknownVerbError:
    """Say that a verb does not exist, with the nearest one that does."""
    from hearth_kit.settings import nearest

    near = nearest(name, [verb.name for verb in VERBS])
    return UnknownVerbError(
        f"hearth: there is no verb `{name}`",
        hint=f"hearth {near} --help" if near else "hearth --help",
        details={"verb": name, "nearest": near},
    )


def _tell_version(context: click.Context, _option: click.Parameter, asked: bool) -> None:  # noqa: FBT001  # click's signature
    if not asked or context.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"hearth {version('hearth-control')}")
    context.exit()


def _version_option() -> click.Option:
    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_tell_version,
        help="Show the version and stop.",
    )


def make_app() -> click.Group:
    """Make the command; `main` runs it."""
    return LazyGroup(
        "hearth",
        help=ABOUT,
        params=[*global_options(), _version_option()],
        context_settings=SETTINGS,
        options_metavar="[OPTIONS]",
        subcommand_metavar="VERB [ARGUMENTS]",
        no_args_is_help=True,
    )
