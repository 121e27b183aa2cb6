"""Errors of rendering.

BugError
└── UnsealedPlanError      a plan was rendered before its secrets were made
"""

from __future__ import annotations

from hearth_kit.errors import BugError


class UnsealedPlanError(BugError):
    """The plan's secrets are not made yet."""

    code = "unsealed-plan"
