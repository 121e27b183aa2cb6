"""Errors that only a command line can have.

InvalidError
├── UsageError                  an option or argument is not valid           exit 2
├── UnknownVerbError            no verb has that name                        exit 2
└── ConfirmationNeededError     data would be lost and nobody can be asked   exit 2
"""

from __future__ import annotations

from hearth_kit.errors import InvalidError


class UsageError(InvalidError):
    """The command line is not valid."""

    code = "usage"


class UnknownVerbError(InvalidError):
    """No verb has that name."""

    code = "unknown-verb"


class ConfirmationNeededError(InvalidError):
    """Data would be lost, and there is no terminal to ask at."""

    code = "confirmation-needed"
