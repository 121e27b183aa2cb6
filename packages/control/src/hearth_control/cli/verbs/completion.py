"""`hearth completion`."""

from __future__ import annotations

import click

from hearth_control.cli.session import session_of
from hearth_control.cli.verb import verb

_INSTALL = {
    "bash": "echo 'eval \"$(hearth completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(hearth completion zsh)\"' >> ~/.zshrc",
    "fish": "hearth completion fish > ~/.config/fish/completions/hearth.fish",
}


@verb(*_INSTALL.values())
@click.argument("shell", type=click.Choice(list(_INSTALL)))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> None:
    """Print the completion script of a shell; verbs, services and settings complete with TAB."""
    from click.shell_completion import get_completion_class

    session = session_of(context)
    made = get_completion_class(shell)
    if made is None:
        msg = f"{shell}: no completion for this shell"
        raise click.UsageError(msg, context)
    script = made(context.find_root().command, {}, "hearth", "_HEARTH_COMPLETE").source()
    if session.output.json:
        session.output.data({"shell": shell, "script": script, "install": _INSTALL[shell]})
    else:
        session.output.line(script)


command = completion
