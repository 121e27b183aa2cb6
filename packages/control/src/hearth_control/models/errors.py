"""Errors of models.

InvalidError
├── UnknownModelError     no model has that name
└── NoModelError          the folder holds no model
UnavailableError
├── HubDownError          the hub does not answer, or stopped in the middle
├── HubRefusedError       the hub does not give the file
├── WrongBytesError       what came is not what is pinned
└── NoRoomError           the disk has no room for it
ConflictError
├── ModelInUseError       it is in use, so it stays
└── ModelsBusyError       another process fetches a model
"""

from __future__ import annotations

from hearth_kit.errors import ConflictError, InvalidError, UnavailableError


class UnknownModelError(InvalidError):
    """No model has that name."""

    code = "unknown-model"


class NoModelError(InvalidError):
    """The folder holds no model."""

    code = "no-model"


class HubDownError(UnavailableError):
    """The hub does not answer."""

    code = "hub-down"


class HubRefusedError(UnavailableError):
    """The hub does not give the file."""

    code = "hub-refused"


class WrongBytesError(UnavailableError):
    """What came is not what is pinned."""

    code = "wrong-bytes"


class NoRoomError(UnavailableError):
    """The disk has no room for it."""

    code = "no-room"


class ModelInUseError(ConflictError):
    """The model is in use."""

    code = "model-in-use"


class ModelsBusyError(ConflictError):
    """Another process fetches a model."""

    code = "models-busy"
