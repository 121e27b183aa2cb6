"""What can go wrong with a look into a store.

InvalidError
└── BadLookError           a filter, an order or a cursor that cannot be taken
NotFoundError
├── UnknownNameError       no such store or collection
└── RowNotFoundError       no such row, or not yours
"""

from __future__ import annotations

from hearth_kit.errors import InvalidError, NotFoundError


class BadLookError(InvalidError):
    """The question cannot be understood."""

    code = "bad-look"


class UnknownNameError(NotFoundError):
    """There is nothing of that name to look at."""

    code = "unknown-name"


class RowNotFoundError(NotFoundError):
    """There is no such row."""

    code = "row-not-found"
