"""Who may be named as a reader. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from hearth_server.capabilities.sharing.errors import BadAudienceError
from hearth_server.capabilities.sharing.model import (
    LONGEST_NAME,
    MOST_GROUPS,
    MOST_PEOPLE,
    Audience,
)

# Printable ASCII alone: an address that merely looks like another's is none.
_ADDRESS: Final = re.compile(r"[!-?A-~]{1,64}@[a-z0-9.-]{1,190}")


def check_people(addresses: Iterable[str], *, besides: str = "") -> tuple[str, ...]:
    """Check addresses, without that of the person who names them.

    Raises:
        BadAudienceError: one is no address, or there are too many.

    Example:
        >>> check_people(["Bob@example.org ", "ada@example.org"], besides="ada@example.org")
        ('bob@example.org',)
    """
    found: set[str] = set()
    for text in addresses:
        address = text.strip().lower()
        if not _ADDRESS.fullmatch(address):
            shown = text.encode("unicode_escape").decode()[:80]
            msg = f"people: expected addresses like `you@example.com`, found `{shown}`"
            raise BadAudienceError(msg)
        found.add(address)
    people = tuple(sorted(found - {besides}))
    if len(people) > MOST_PEOPLE:
        msg = f"people: {len(people)} given, at most {MOST_PEOPLE} are allowed; make a group"
        raise BadAudienceError(msg)
    return people


def check_audience(
    people: Iterable[str], groups: Iterable[UUID], *, everybody: bool, besides: str
) -> Audience:
    """Check who shall read a document.

    Raises:
        BadAudienceError: an address is none, or there are too many readers.
    """
    chosen = tuple(sorted(set(groups)))
    if len(chosen) > MOST_GROUPS:
        msg = f"groups: {len(chosen)} given, at most {MOST_GROUPS} are allowed"
        raise BadAudienceError(msg)
    return Audience(
        people=check_people(people, besides=besides), groups=chosen, everybody=everybody
    )


def check_group_name(text: str) -> str:
    """Check what a group is called.

    Raises:
        BadAudienceError: it is empty, too long, or holds marks that are not seen.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        msg = f"name: expected 1 to {LONGEST_NAME} visible characters, found {len(name)}"
        raise BadAudienceError(msg)
    return name
