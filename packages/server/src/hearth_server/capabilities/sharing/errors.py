"""What can go wrong with sharing.

InvalidError
└── BadAudienceError       an address or a number of readers that cannot be taken
NotFoundError
├── NotYoursError          no such document of the caller's own
└── GroupNotFoundError     no such group, or none of the caller's
ConflictError
└── GroupNameTakenError    the caller has a group of that name
"""

from __future__ import annotations

from hearth_kit.errors import ConflictError, InvalidError, NotFoundError


class BadAudienceError(InvalidError):
    """Those readers cannot be taken."""

    code = "bad-audience"


class NotYoursError(NotFoundError):
    """There is no such document among the caller's own."""

    code = "not-your-document"


class GroupNotFoundError(NotFoundError):
    """There is no such group."""

    code = "group-not-found"


class GroupNameTakenError(ConflictError):
    """There is a group of that name."""

    code = "group-name-taken"
