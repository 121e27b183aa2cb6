"""Why a unit did not come up: known signs in its last lines, and the command that helps. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A pattern in a log and what it means; both texts may use the pattern's named groups."""

    pattern: re.Pattern[str]
    cause: str
    hint: str


SIGNS: Final = (
    Sign(
        pattern=re.compile(
            r"could not bind IPv4 address \"(?P<host>[^\"]+)\"|[Ee]rrno 98|[Ee]rrno 48|"
            r"[Aa]ddress already in use"
        ),
        cause="port {port} is taken by {owner}",
        hint="hearth settings explain {service_key}_PORT",
    ),
    Sign(
        pattern=re.compile(r"No space left on device|[Ee]rrno 28\b|[Ee]rrno 27\b|File too large"),
        cause="the disk is full",
        hint="df -h '{home}'",
    ),
    Sign(
        pattern=re.compile(r"hearth: (?P<what>.+?) \(hint: (?P<hint>.+)\)$"),
        cause="{what}",
        hint="{hint}",
    ),
    Sign(
        pattern=re.compile(r"pre-existing shared memory block|Is another postmaster .* running"),
        cause="an earlier PostgreSQL is still ending",
        hint="hearth up --home '{home}'",
    ),
    Sign(
        pattern=re.compile(r"password authentication failed for user \"(?P<user>[^\"]+)\""),
        cause="PostgreSQL refuses the password of `{user}`",
        hint="hearth up --home '{home}'",
    ),
    Sign(
        pattern=re.compile(r"(?:ModuleNotFoundError: |: )No module named '?(?P<module>[\w.]+)'?"),
        cause="the Python package `{module}` is not installed",
        hint="make setup",
    ),
    Sign(
        pattern=re.compile(r"Permission denied(?:: '(?P<path>[^']+)')?"),
        cause="a file may not be read or written",
        hint="ls -ld '{home}'",
    ),
    Sign(
        pattern=re.compile(r"^error: (?P<what>.+)$"),
        cause="{what}",
        hint="",
    ),
    Sign(
        pattern=re.compile(r"Cannot allocate memory|MemoryError|could not map anonymous shared"),
        cause="there is not enough memory",
        hint="free -h",
    ),
)


def find_cause(
    lines: Sequence[str], *, exit_code: int | None, facts: dict[str, str]
) -> tuple[str, str]:
    """Give the known cause and its hint, or two empty texts.

    `facts` fill the texts: `home`, `port`, `owner`, `service_key`.
    """
    for sign in SIGNS:
        for line in reversed(lines):
            match = sign.pattern.search(line)
            if match is not None:
                known = {key: value or "" for key, value in match.groupdict().items()}
                words = {**facts, **known}
                return sign.cause.format(**words), sign.hint.format(**words)
    if exit_code == -9:
        return "it was killed, most likely because the machine ran out of memory", "free -h"
    return "", ""
