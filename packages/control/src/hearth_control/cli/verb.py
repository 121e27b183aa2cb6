"""How a verb is declared: a click command with examples that also takes the global options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from hearth_control.cli.session import Options, Session, session_of

SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _set_option(context: click.Context, parameter: click.Parameter, value: Any) -> None:  # noqa: ANN401  # click's callback type
    """Put a global option into the session, wherever on the line it stood."""
    if value is None or value is False or parameter.name is None:
        return
    options: Options = session_of(context).options
    name = parameter.name.removeprefix("global_")
    setattr(
        options, "color" if name == "no_color" else name, value if name != "no_color" else False
    )


def global_options() -> list[click.Parameter]:
    """Make the options that stand before or after a verb."""
    flags = {
        "--json": "Give data as JSON on standard output.",
        "--no-color": "Use no colour (as does NO_COLOR).",
        "--quiet": "Say nothing but data and errors.",
        "--verbose": "Say more; show tracebacks.",
    }
    home = click.Option(
        ["--home", "global_home"],
        metavar="FOLDER",
        help="The installation's folder (HEARTH_HOME, ~/.hearth).",
        expose_value=False,
        callback=_set_option,
        is_eager=True,
    )
    return [
        home,
        *(
            click.Option(
                [flag, "global_" + flag[2:].replace("-", "_")],
                is_flag=True,
                help=text,
                expose_value=False,
                callback=_set_option,
                is_eager=True,
            )
            for flag, text in flags.items()
        ),
    ]


class VerbCommand(click.Command):
    """A command that shows its examples and takes the global options after its name."""

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **kwargs: Any) -> None:  # noqa: ANN401  # click's own signature
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.params.extend(global_options())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the verb's own options, then the global ones apart."""
        own: list[tuple[str, str]] = []
        shared: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                is_global = (parameter.name or "").startswith("global_")
                (shared if is_global else own).append(record)
        if own:
            with formatter.section("Options"):
                formatter.write_dl(own)
        with formatter.section("Global options"):
            formatter.write_dl(shared)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Print the examples."""
        _write_examples(self.examples, formatter)


class VerbGroup(click.Group):
    """The verbs below a verb; the global options hold before and after them.

    `alone`: what is done where none of them follows; without it the help is shown.
    """

    command_class = VerbCommand

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  # click's own signature
        examples: tuple[str, ...] = (),
        alone: Callable[[Session], None] | None = None,
        **kwargs: Any,  # noqa: ANN401  # click's own signature
    ) -> None:
        if alone is not None:
            kwargs |= {"callback": _if_alone(alone), "invoke_without_command": True}
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.params.extend(global_options())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Print the examples."""
        _write_examples(self.examples, formatter)


def _if_alone(do: Callable[[Session], None]) -> Callable[[], None]:
    def callback() -> None:
        context = click.get_current_context()
        if context.invoked_subcommand is None:
            do(session_of(context))

    return callback


def _write_examples(examples: tuple[str, ...], formatter: click.HelpFormatter) -> None:
    if not examples:
        return
    with formatter.section("Examples"):
        for example in examples:
            formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


def verb(*examples: str, name: str | None = None) -> Callable[[Callable[..., None]], VerbCommand]:
    """Declare a function as a verb; its docstring is the help, `examples` are shown below."""

    def declare(function: Callable[..., None]) -> VerbCommand:
        return click.command(
            name or function.__name__,
            cls=VerbCommand,
            examples=examples,
            context_settings=SETTINGS,
        )(function)

    return declare
