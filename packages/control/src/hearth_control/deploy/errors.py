"""Errors of the flow.

NotFoundError
├── EngineNotThereError      Hearth does not have this engine yet
├── NotInVersionError        the service is of a later version of Hearth
├── NotSetUpError            this home holds no installation           exit 10
└── ServiceOffError          the service exists and is not on
InvalidError
└── UnknownServiceError      no service has that name
ConflictError
├── PlanRefusedError         the plan has errors; nothing was changed
├── StillNeededError         others need what was to be turned off
├── NothingRunsError         there is nothing to ask
└── PartlyUpError            some services run, some do not            exit 3
UnavailableError
├── HaltFailedError          something could not be stopped or removed
├── UpFailedError            nothing that was to be started runs
├── HomeNotWritableError     the home cannot be written
└── DiskFullError            the disk of the home is full
CancelledError
└── DeployCancelledError     a person stopped a deploy in its course   exit 130
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EDQUOT, ENOSPC, ENOTDIR, EPERM, EROFS
from pathlib import Path
from shlex import quote

from hearth_kit.errors import (
    CancelledError,
    ConflictError,
    HearthError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)


class EngineNotThereError(NotFoundError):
    """Hearth does not have this engine yet."""

    code = "engine-not-there"


class NotInVersionError(NotFoundError):
    """The service's image cannot be made of this checkout."""

    code = "not-in-version"


class NotSetUpError(NotFoundError):
    """This home holds no installation yet."""

    code = "not-set-up"


class ServiceOffError(NotFoundError):
    """The service is not on."""

    code = "service-off"


class UnknownServiceError(InvalidError):
    """No service has that name."""

    code = "unknown-service"


class PlanRefusedError(ConflictError):
    """The plan cannot be carried out; nothing was changed."""

    code = "plan-refused"


class StillNeededError(ConflictError):
    """Other services need this one."""

    code = "still-needed"


class NothingRunsError(ConflictError):
    """Nothing of this installation runs."""

    code = "nothing-runs"


class PartlyUpError(ConflictError):
    """Some services run, some do not."""

    code = "partly-up"


class UpFailedError(UnavailableError):
    """Nothing of what was to be started runs."""

    code = "up-failed"


class HaltFailedError(UnavailableError):
    """Something could not be stopped or removed."""

    code = "halt-failed"


class HomeNotWritableError(UnavailableError):
    """The home cannot be written."""

    code = "home-not-writable"


class DiskFullError(UnavailableError):
    """The disk of the home is full."""

    code = "disk-full"


class DeployCancelledError(CancelledError):
    """A person stopped a deploy in its course."""

    code = "deploy-cancelled"


@contextmanager
def writing(home: Path) -> Iterator[None]:
    """Turn what the operating system says about the home into errors with a fix.

    Raises:
        HomeNotWritableError: no permission, a read-only disk, or something in the way.
        DiskFullError: no space or quota left.
    """
    try:
        yield
    except OSError as error:
        known = explain_home(error, home)
        if known is None:
            raise
        raise known from error


def explain_home(error: OSError, home: Path) -> HearthError | None:
    """Say what the system's refusal means for the home; None where it is something else."""
    if error.errno in (ENOSPC, EDQUOT):
        msg = f"{error.filename or home}: the disk is full; nothing half-written was left"
        return DiskFullError(msg, hint=f"df -h {quote(str(home))}")
    look = f"ls -ld {quote(str(home))}"
    if error.errno in (EACCES, EPERM, EROFS):
        msg = f"{home}: the home cannot be written by this user"
        return HomeNotWritableError(msg, hint=look)
    if error.errno == ENOTDIR or isinstance(error, FileExistsError):
        msg = f"{home}: a file is where the home's folder should be"
        return HomeNotWritableError(msg, hint=look)
    return None
