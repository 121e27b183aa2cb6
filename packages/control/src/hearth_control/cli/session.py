"""What one call of the CLI knows: its options, its output, and a way to the world.

`main.py` makes the one session; verbs get it from click's context by `session_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hearth_control.cli.output import Output
    from hearth_control.deploy.world import World


@dataclass(slots=True, kw_only=True)
class Options:
    """The options that every verb takes, before or after its name."""

    home: str | None = None
    json: bool = False
    color: bool = True
    quiet: bool = False
    verbose: bool = False


class Session:
    """One call of the CLI. The world and the output are made at their first use."""

    def __init__(
        self, *, environment: Mapping[str, str], open_world: Callable[[str | None], World]
    ) -> None:
        self.options = Options()
        self.environment = environment
        self._open_world = open_world
        self._world: World | None = None
        self._output: Output | None = None

    @property
    def world(self) -> World:
        """Give the way to this installation's files and engine."""
        if self._world is None:
            self._world = self._open_world(self.options.home)
        return self._world

    @property
    def output(self) -> Output:
        """Give the way to the person's terminal."""
        if self._output is None:
            from hearth_control.cli.output import Output

            self._output = Output.open(
                color=self.options.color,
                quiet=self.options.quiet,
                json=self.options.json,
                environment=self.environment,
            )
        return self._output


def session_of(context: click.Context) -> Session:
    """Find the session that `main` put into click's context."""
    session = context.find_root().obj
    if not isinstance(session, Session):
        msg = f"click's context holds `{type(session).__name__}` where the session belongs"
        raise TypeError(msg)
    return session
