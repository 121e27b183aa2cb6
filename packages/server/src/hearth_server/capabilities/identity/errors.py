"""What can go wrong with identity.

HearthError
├── DeniedError
│   ├── NotSignedInError      no session and no token, or neither holds any more
│   ├── SignInLinkError       the link is used, expired or unknown
│   └── ScopeExceededError    a token cannot hand on what it does not hold
├── InvalidError
│   └── IdentityInputError    an e-mail address, a name or a scope is not valid
├── ConflictError
│   └── TokenNameTakenError   another of your tokens has that name
└── NotFoundError
├── TokenNotFoundError    no such token, or not yours
└── PersonNotFoundError   nobody here has that e-mail address
"""

from __future__ import annotations

from hearth_kit.errors import ConflictError, DeniedError, InvalidError, NotFoundError


class NotSignedInError(DeniedError):
    """Nobody is signed in."""

    code = "not-signed-in"


class SignInLinkError(DeniedError):
    """The sign-in link does not hold."""

    code = "sign-in-link"


class ScopeExceededError(DeniedError):
    """A token cannot hand on a scope that it does not hold."""

    code = "scope-exceeded"


class IdentityInputError(InvalidError):
    """The name, address or scope is not valid."""

    code = "identity-input"


class TokenNameTakenError(ConflictError):
    """Another of your tokens has that name."""

    code = "token-name-taken"


class TokenNotFoundError(NotFoundError):
    """You have no such token."""

    code = "token-not-found"


class PersonNotFoundError(NotFoundError):
    """Nobody here has that e-mail address."""

    code = "person-not-found"
