"""Exit codes of the CLI: documented, stable, one table from an error to its code."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from hearth_kit.errors import Category, HearthError


class Exit(IntEnum):
    """What a verb tells the shell."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    NOT_SET_UP = 10
    LOCKED = 11
    DENIED = 12
    CANCELLED = 130


MEANINGS: Final[Mapping[Exit, str]] = {
    Exit.DONE: "done",
    Exit.FAILED: "failed",
    Exit.USAGE: (
        "the command line is not valid, or names a service, preset, setting or model that is none"
    ),
    Exit.PARTLY: "partly done: some services run, some do not",
    Exit.NOT_SET_UP: "this home is not set up yet",
    Exit.LOCKED: "another deploy of this installation is running",
    Exit.DENIED: "credentials refused",
    Exit.CANCELLED: "cancelled",
}

# What was typed on the line is usage; what stands in a file is not, as no other line mends it.
BY_CODE: Final[Mapping[str, Exit]] = {
    "usage": Exit.USAGE,
    "unknown-verb": Exit.USAGE,
    "unknown-service": Exit.USAGE,
    "unknown-preset": Exit.USAGE,
    "unknown-model": Exit.USAGE,
    "setting-unknown": Exit.USAGE,
    "unsupported-source": Exit.USAGE,
    "confirmation-needed": Exit.USAGE,
    "partly-up": Exit.PARTLY,
    "not-set-up": Exit.NOT_SET_UP,
    "deploy-locked": Exit.LOCKED,
}

BY_CATEGORY: Final[Mapping[Category, Exit]] = {
    Category.INVALID: Exit.FAILED,
    Category.NOT_FOUND: Exit.FAILED,
    Category.CONFLICT: Exit.FAILED,
    Category.DENIED: Exit.DENIED,
    Category.UNAVAILABLE: Exit.FAILED,
    Category.CANCELLED: Exit.CANCELLED,
    Category.BUG: Exit.FAILED,
}


def exit_code(error: HearthError) -> Exit:
    """Find the exit code of an error: by its code where that has one, else by its category."""
    return BY_CODE.get(error.code, BY_CATEGORY[error.category])
