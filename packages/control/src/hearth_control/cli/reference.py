"""`python -m hearth_control.cli.reference`: the page of every verb, made from the verbs alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module

import click

from hearth_control.cli.app import make_app
from hearth_control.cli.exit_codes import MEANINGS
from hearth_control.cli.index import GROUPS, VERBS
from hearth_control.cli.verb import VerbCommand

HEAD = """# Commands

Made from the code by `make generate`; an edit here is lost.

Every verb gives data with `--json`: one document on standard output, and one error object on
standard error. What takes time (`up`, `restart`, `stop`, `down`) and `logs` give a document a line.
"""

EXITS = """
## Exit codes

What was typed on the command line and names nothing is 2. What is wrong in a file is 1, as no other
command line mends it.

| code | means |
|---|---|
"""


def write_reference() -> str:
    """Make the page. Shape: Markdown."""
    root = make_app()
    with click.Context(root, info_name="hearth") as context:
        parts = [HEAD, "\n## Global options\n\nBefore or after the verb.\n\n"]
        parts += _option_table(root.params, context)
        for group in GROUPS:
            parts.append(f"\n## {group}\n")
            for verb in (each for each in VERBS if each.group == group):
                parts += _write_verb(import_module(verb.module).command, verb.name, context)
    codes = [f"| {int(code)} | {meaning} |\n" for code, meaning in MEANINGS.items()]
    return "".join([*parts, EXITS, *codes])


def _write_verb(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    with click.Context(command, info_name=name, parent=parent) as context:
        usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
        depth = "###" if parent.parent is None else "####"
        yield f"\n{depth} {context.command_path}\n\n{_about(command)}\n\n```\n{usage}\n```\n"
        own = [each for each in command.params if _is_own(each)]
        table = list(_option_table(own, context))
        if table:
            yield "\n"
            yield from table
        if isinstance(command, VerbCommand):
            yield "\n```sh\n" + "".join(f"{each}\n" for each in command.examples) + "```\n"
        if isinstance(command, click.Group):
            for below in command.list_commands(context):
                yield from _write_verb(command.commands[below], below, context)


def _is_own(parameter: click.Parameter) -> bool:
    """Leave out what every verb takes; arguments stand in the usage line."""
    is_shared = (parameter.name or "").startswith("global_")
    return isinstance(parameter, click.Option) and not is_shared


def _about(command: click.Command) -> str:
    return " ".join((command.help or "").replace("\b", "").split())


def _option_table(params: list[click.Parameter], context: click.Context) -> Iterator[str]:
    records = [each for param in params if (each := param.get_help_record(context))]
    if not records:
        return
    yield "| option | what it does |\n|---|---|\n"
    for option, text in records:
        cells = (each.replace("|", "\\|") for each in (f"`{option}`", text))
        yield f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    sys.stdout.write(write_reference())
