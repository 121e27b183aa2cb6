"""Errors of rendering.

BugError
└── UnsealedPlanError      a plan was rendered before its secrets were made
ConflictError
└── NothingToEjectError    the plan has no container
"""

from __future__ import annotations

from hearth_kit.errors import BugError, ConflictError


class UnsealedPlanError(BugError):
    """The plan's secrets are not made yet."""

    code = "unsealed-plan"


class NothingToEjectError(ConflictError):
    """The plan has no container, so there is no Compose project to write."""

    code = "nothing-to-eject"
