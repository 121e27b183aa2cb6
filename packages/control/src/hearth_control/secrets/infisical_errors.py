"""Errors of Infisical.

UnavailableError
├── InfisicalDownError      it does not answer, is busy or broken
└── InfisicalAnswerError    what answers does not speak as Infisical does, or refuses the request
DeniedError
└── InfisicalDeniedError    it refuses the identity
InvalidError
└── InfisicalNotSetError    a setting that says where it is or who asks is missing
"""

from __future__ import annotations

from hearth_kit.errors import DeniedError, InvalidError, UnavailableError


class InfisicalDownError(UnavailableError):
    """Infisical does not answer."""

    code = "infisical-down"


class InfisicalAnswerError(UnavailableError):
    """What answers does not speak as Infisical does."""

    code = "infisical-answer"


class InfisicalDeniedError(DeniedError):
    """Infisical refuses the machine identity."""

    code = "infisical-denied"


class InfisicalNotSetError(InvalidError):
    """Infisical is not set up."""

    code = "infisical-not-set"
