"""Errors of backups; what the runner itself refuses comes as one of the first five.

InvalidError
└── BackupInvalidError       the runner was told what cannot be
NotFoundError
└── BackupNotFoundError      there is no backup, or none of that name
ConflictError
└── BackupConflictError      nothing to back up, another one in its course, a broken restore
DeniedError
└── BackupDeniedError        the repository was made with another password     exit 12
UnavailableError
└── BackupFailedError        a program, a store or the repository failed
BugError
└── RunnerSilentError        the runner ended without a word
CancelledError
└── BackupCancelledError     the person stopped waiting                        exit 130
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hearth_kit.errors import (
    BugError,
    CancelledError,
    ConflictError,
    DeniedError,
    HearthError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)


class BackupInvalidError(InvalidError):
    """The runner was told what cannot be."""

    code = "backup-invalid"


class BackupNotFoundError(NotFoundError):
    """There is no such backup."""

    code = "backup-not-found"


class BackupConflictError(ConflictError):
    """The state of things does not allow a backup or a restore."""

    code = "backup-conflict"


class BackupDeniedError(DeniedError):
    """The repository was made with another password."""

    code = "backup-denied"


class BackupFailedError(UnavailableError):
    """A program, a store or the repository failed."""

    code = "backup-failed"


class RunnerSilentError(BugError):
    """The backup runner ended without saying how."""

    code = "backup-runner-silent"


class BackupCancelledError(CancelledError):
    """The person stopped waiting for a backup or a restore."""

    code = "backup-cancelled"


_CLASSES: tuple[type[HearthError], ...] = (
    BackupInvalidError,
    BackupNotFoundError,
    BackupConflictError,
    BackupDeniedError,
    BackupFailedError,
)
RESTORE_BROKEN = "restore-broken"


def from_runner(said: Mapping[str, Any]) -> HearthError:
    """Make an error of what the runner said; its own code is `details.runner`."""
    chosen = next(
        (each for each in _CLASSES if each.category.value == said.get("category")),
        BackupFailedError,
    )
    code = str(said.get("code", ""))
    return chosen(str(said["message"]), hint=said.get("hint"), details={"runner": code})
