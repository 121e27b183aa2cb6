"""Errors of secrets.

NotFoundError
└── SecretMissingError       a secret was asked for that was never made
InvalidError
├── SecretNotGivenError      only the person has its value
├── SecretDamagedError       its file is empty, half written or no text
└── SecretRuleError          the catalog says a rule that cannot be followed
DeniedError
└── SecretsClosedError       the folder or a file in it cannot be read or written
"""

from __future__ import annotations

from hearth_kit.errors import DeniedError, InvalidError, NotFoundError


class SecretMissingError(NotFoundError):
    """The secret was never made."""

    code = "secret-missing"


class SecretNotGivenError(InvalidError):
    """The secret comes from you and is not there."""

    code = "secret-not-given"


class SecretDamagedError(InvalidError):
    """The secret's file does not hold a secret."""

    code = "secret-damaged"


class SecretRuleError(InvalidError):
    """The rule for the secret cannot be followed."""

    code = "secret-rule"


class SecretsClosedError(DeniedError):
    """The secrets cannot be read or written."""

    code = "secrets-closed"
