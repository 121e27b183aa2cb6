"""Errors of the backup runner.

InvalidError
└── BadSettingError          a setting cannot be what it is
NotFoundError
├── NoRepositoryError        there is no backup yet
└── NoSnapshotError          no backup has that name
ConflictError
├── NothingToTakeError       there is nothing to back up
├── RunnerBusyError          another backup or restore is in its course
└── RestoreBrokenError       a restore failed in its course
DeniedError
└── WrongPasswordError       the repository was made with another password
UnavailableError
├── ProgramMissingError      restic or PostgreSQL's programs are not there
├── RepositoryError          the repository does not answer, is full or damaged
└── StoreError               a store could not be read or written
"""

from __future__ import annotations

from hearth_kit.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)


class BadSettingError(InvalidError):
    """A setting of the backup runner cannot be what it is."""

    code = "bad-backup-setting"


class NoRepositoryError(NotFoundError):
    """There is no backup yet."""

    code = "no-backup-yet"


class NoSnapshotError(NotFoundError):
    """No backup has that name."""

    code = "no-such-backup"


class NothingToTakeError(ConflictError):
    """There is nothing to back up."""

    code = "nothing-to-back-up"


class RunnerBusyError(ConflictError):
    """Another backup or restore is in its course."""

    code = "backup-busy"


class RestoreBrokenError(ConflictError):
    """A restore failed in its course."""

    code = "restore-broken"


class WrongPasswordError(DeniedError):
    """The repository was made with another password."""

    code = "wrong-backup-password"


class ProgramMissingError(UnavailableError):
    """A program that backups are made with is not there."""

    code = "backup-program-missing"


class RepositoryError(UnavailableError):
    """The repository does not take or give what it should."""

    code = "backup-repository"


class StoreError(UnavailableError):
    """A store could not be read or written."""

    code = "backup-store"
