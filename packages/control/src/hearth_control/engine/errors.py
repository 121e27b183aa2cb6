"""Errors of engines.

UnavailableError
└── EngineUnavailableError      no engine answers, or this person may not talk to it
ConflictError
├── EngineTooOldError           the engine or its compose plugin lacks what Hearth needs
├── DeployLockedError           another deploy runs
└── UnitNotRunningError         a command was asked of a unit that does not run
"""

from __future__ import annotations

from typing import Final

from hearth_kit.errors import ConflictError, UnavailableError

SET_UP: Final = "hearth host setup"
"""The command that brings Docker and its compose plugin."""


class EngineUnavailableError(UnavailableError):
    """The engine does not answer."""

    code = "engine-unavailable"


class EngineTooOldError(ConflictError):
    """The engine is older than Hearth supports."""

    code = "engine-too-old"


class DeployLockedError(ConflictError):
    """Another deploy of this installation is running."""

    code = "deploy-locked"


class UnitNotRunningError(ConflictError):
    """The unit does not run."""

    code = "unit-not-running"
