"""Errors of secrets.

NotFoundError
├── SecretMissingError       a secret was asked for that was never made
└── UnknownSecretError       no service of the catalog has a secret of this name
InvalidError
├── SecretNotGivenError      only the person has its value
├── SecretDamagedError       its file is empty, half written or no text
├── SecretValueError         a value does not fit its secret
└── SecretRuleError          the catalog says a rule that cannot be followed
ConflictError
├── SecretFixedError         it may not change, or Hearth cannot change it
└── SecretNotTakenError      the store did not take the new value
DeniedError
└── SecretsClosedError       the folder or a file in it cannot be read or written
"""

from __future__ import annotations

from hearth_kit.errors import ConflictError, DeniedError, InvalidError, NotFoundError


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


class UnknownSecretError(NotFoundError):
    """No service has a secret of this name."""

    code = "unknown-secret"


class SecretValueError(InvalidError):
    """The value does not fit the secret."""

    code = "secret-value"


class SecretFixedError(ConflictError):
    """The secret may not change."""

    code = "secret-fixed"


class SecretNotTakenError(ConflictError):
    """The store did not take the new value."""

    code = "secret-not-taken"
