"""Environment files as Compose reads them. Pure.

Source: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
(`.env` file syntax: single quotes are literal, double quotes know escapes) and trials on
Compose 2.26 with each hostile character.
"""

from __future__ import annotations

from collections.abc import Mapping

from hearth_control.engine.compose.errors import ComposeFailedError

_ESCAPES = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r"}


def env_file(values: Mapping[str, str]) -> str:
    r"""Write variables so that Compose reads exactly these values.

    Example:
        ``A='p@ss $word #1'`` and, where a quote, a backslash or a line end is in the value,
        ``B="it's \\ \$5"``.

    Raises:
        ComposeFailedError: a value holds a NUL, which no environment can carry.
    """
    return "".join(f"{name}={_quoted(name, values[name])}\n" for name in sorted(values))


def _quoted(name: str, value: str) -> str:
    if "\0" in value:
        message = f"secret for `{name}`: holds a NUL byte, which no environment variable can"
        raise ComposeFailedError(message)
    if not any(char in value for char in "'\\\r\n"):
        return f"'{value}'"
    return '"' + "".join(_ESCAPES.get(char, char) for char in value) + '"'
