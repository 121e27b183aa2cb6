"""What commands and the supervisor say to each other: JSON objects, one a line. Pure.

A request has `do` and an `id` of the asker's choosing; every answer carries that `id`.

| do | with | answers |
|---|---|---|
| `hello` | | `hello` (`pid`, `version`) |
| `start` | `spec` | `waiting`, `prepared`, then `ready` or `failed` (`why`, `exit_code`, …) |
| `after` | `unit`, `commands` | `ready` or `failed` |
| `stop` | `unit` | `stopped` |
| `forget` | `unit` | `gone` |
| `environment` | `unit` | `environment` (`values`, `user`, `folder`), or `absent` |
| `quit` | | `bye`, once every unit has ended |
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

VERSION: Final = 2
"""Raised with every change that an older supervisor or command would not understand."""
MESSAGE_BYTES: Final = 8 * 1024**2


@dataclass(slots=True)
class Messages:
    """Cuts what comes through a socket into messages."""

    rest: bytes = b""

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """Take more bytes and give the messages that are whole.

        Raises:
            ValueError: this is no message, or one without end.
        """
        *lines, self.rest = (self.rest + data).split(b"\n")
        if len(self.rest) > MESSAGE_BYTES:
            message = f"a message of more than {MESSAGE_BYTES} bytes"
            raise ValueError(message)
        return [_parse(line) for line in lines if line.strip()]


def encode(message: dict[str, Any]) -> bytes:
    """Give a message as a line."""
    return json.dumps(message).encode() + b"\n"


def _parse(line: bytes) -> dict[str, Any]:
    found = json.loads(line)
    if not isinstance(found, dict):
        message = "a message that is no object"
        raise ValueError(message)  # noqa: TRY004  # callers tell bad input by ValueError alone
    return found
