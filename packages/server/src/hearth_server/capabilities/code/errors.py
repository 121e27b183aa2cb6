"""What can go wrong with code.

InvalidError
└── BadArchiveError            no archive that can be taken, or a name that cannot
NotFoundError
└── RepositoryNotFoundError    no such repository, or not yours
ConflictError
├── RepositoryStateError       it is not indexed yet, or could not be
└── StaleIndexError            another worker, or its owner, took over
"""

from __future__ import annotations

from hearth_kit.errors import ConflictError, InvalidError, NotFoundError


class BadArchiveError(InvalidError):
    """The archive cannot be taken."""

    code = "bad-archive"


class RepositoryNotFoundError(NotFoundError):
    """There is no such repository of yours."""

    code = "repository-not-found"


class RepositoryStateError(ConflictError):
    """The repository is not ready."""

    code = "repository-state"


class StaleIndexError(ConflictError):
    """The indexing was taken over."""

    code = "stale-index"
