"""What can go wrong with identity.

HearthError
├── DeniedError
│   ├── NotSignedInError      no session and no token, or neither holds any more
│   ├── SignInLinkError       the link is used, expired or unknown
│   ├── ScopeExceededError    a token cannot hand on what it does not hold
│   ├── LinkCodeError         the code is used, expired or unknown
│   ├── NotLinkedError        the link is not one of this service's own
│   ├── RateLimitedError      too many requests in a short time
│   └── QuotaExceededError    too many requests on one day
├── InvalidError
│   └── IdentityInputError    an e-mail address, a name or a scope is not valid
├── ConflictError
│   └── TokenNameTakenError   another of your tokens has that name
├── NotFoundError
│   ├── TokenNotFoundError    no such token, or not yours
│   ├── LinkNotFoundError     no such link, or not yours
│   └── PersonNotFoundError   nobody here has that e-mail address
└── UnavailableError
    ├── AccessKeysError       the keys of Cloudflare Access cannot be had
    └── ProvisioningError     something could not be set up for a person yet
"""

from __future__ import annotations

from hearth_kit.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)


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


class LinkNotFoundError(NotFoundError):
    """You have no such link."""

    code = "link-not-found"


class LinkCodeError(DeniedError):
    """The code does not hold."""

    code = "link-code"


class NotLinkedError(DeniedError):
    """Nobody has let this service act for them by that link."""

    code = "not-linked"


class RateLimitedError(DeniedError):
    """You asked too much in a short time."""

    code = "rate-limited"


class QuotaExceededError(DeniedError):
    """You asked too much today."""

    code = "quota-exceeded"


class AccessKeysError(UnavailableError):
    """The keys of Cloudflare Access cannot be had."""

    code = "access-keys"


class ProvisioningError(UnavailableError):
    """It could not be set up yet."""

    code = "provisioning"
