"""Errors of the compose engine, beside those of every engine in `engine/errors.py`.

ConflictError
├── EngineRefusedError          the engine answered a request with an error
│   └── EngineLacksError        … because it has no such container, image or network
├── ComposeFailedError          `docker compose` ended with an error
├── PullFailedError             an image could not be fetched
└── RenderedNotWrittenError     the rendered files could not be written; the old ones stand
"""

from __future__ import annotations

from hearth_kit.errors import ConflictError


class EngineRefusedError(ConflictError):
    """The engine refused the request."""

    code = "engine-refused"

    def __init__(self, message: str = "", *, status: int = 0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint, details={"status": status})
        self.status = status


class EngineLacksError(EngineRefusedError):
    """The engine has no such thing."""

    code = "engine-lacks"


class ComposeFailedError(ConflictError):
    """`docker compose` failed."""

    code = "compose-failed"


class PullFailedError(ConflictError):
    """An image could not be fetched."""

    code = "pull-failed"


class RenderedNotWrittenError(ConflictError):
    """The rendered files could not be written."""

    code = "rendered-not-written"
