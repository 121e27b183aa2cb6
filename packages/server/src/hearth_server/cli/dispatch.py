"""Find the verb, run it, and turn errors into exit codes. Imports next to nothing."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hearth_kit.errors import Category, HearthError, chain
from hearth_kit.settings import nearest

EXIT_CODES: Final[Mapping[Category, int]] = MappingProxyType(
    {Category.INVALID: 2, Category.DENIED: 12, Category.CANCELLED: 130}
)
"""Every other category ends with 1."""

USAGE: Final = 2
INTERRUPTED: Final = 130

_log: Final = logging.getLogger(__name__)

Commands = Mapping[str, tuple[str, Callable[[Sequence[str]], int]]]


def dispatch(arguments: Sequence[str], commands: Commands) -> int:
    """Run the verb that the first argument names and give its exit code."""
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(_usage(commands), file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else USAGE
    if arguments[0] == "--version":
        from importlib.metadata import version

        print(version("hearth-server"))
        return 0
    name, rest = arguments[0], arguments[1:]
    if name not in commands:
        close = nearest(name, commands)
        meant = f", the nearest one is `{close}`" if close else ""
        print(f"error: `{name}`: no such command{meant}", file=sys.stderr)
        print("\nhint: hearth-server --help", file=sys.stderr)
        return USAGE
    try:
        return commands[name][1](rest)
    except HearthError as error:
        report(error, is_json="--json" in rest)
        return EXIT_CODES.get(error.category, 1)
    except KeyboardInterrupt:
        return INTERRUPTED


def report(error: HearthError, *, is_json: bool) -> None:
    """Say on standard error what went wrong: the whole chain, once."""
    if is_json:
        print(json.dumps(error.as_dict(), default=str), file=sys.stderr)
        return
    print(f"error: {chain(error)}", file=sys.stderr)
    if error.hint:
        print(f"\nhint: {error.hint}", file=sys.stderr)


def _usage(commands: Commands) -> str:
    width = max(len(name) for name in commands)
    lines = [f"  {name:<{width}}  {what}" for name, (what, _) in commands.items()]
    return "\n".join(
        [
            "usage: hearth-server COMMAND [OPTIONS]",
            "",
            *lines,
            "",
            "`hearth-server COMMAND --help` tells more.",
        ]
    )
