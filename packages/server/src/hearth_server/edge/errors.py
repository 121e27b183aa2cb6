"""One table from errors to HTTP statuses, and the errors that only an edge can raise.

HearthError
├── InvalidError
│   ├── MalformedBodyError    the body is not what its content type says
│   ├── BodyTooLargeError     the body is larger than this route takes
│   └── MediaTypeError        this route does not take that content type
└── DeniedError
└── ForgedRequestError    a form was not made by one of our own pages
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from hearth_kit.errors import Category, DeniedError, HearthError, InvalidError
from pydantic import BaseModel, Field

PROBLEM_TYPE: Final = "application/problem+json"
CLIENT_CLOSED_REQUEST: Final = 499

STATUSES: Final[Mapping[Category, int]] = MappingProxyType(
    {
        Category.INVALID: 400,
        Category.NOT_FOUND: 404,
        Category.CONFLICT: 409,
        Category.DENIED: 403,
        Category.UNAVAILABLE: 503,
        Category.CANCELLED: CLIENT_CLOSED_REQUEST,
        Category.BUG: 500,
    }
)

EXCEPTIONS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "not-signed-in": 401,
        "arguments-invalid": 422,
        "malformed-body": 422,
        "body-too-large": 413,
        "too-large": 413,
        "media-type": 415,
        "rate-limited": 429,
        "quota-exceeded": 429,
    }
)
"""Codes whose status says more than their category's."""


class MalformedBodyError(InvalidError):
    """The body cannot be read."""

    code = "malformed-body"


class BodyTooLargeError(InvalidError):
    """The body is too large."""

    code = "body-too-large"


class MediaTypeError(InvalidError):
    """The content type is not one that is taken here."""

    code = "media-type"


class ForgedRequestError(DeniedError):
    """The request was not made by a page of this server."""

    code = "forged-request"


class Problem(BaseModel):
    """What went wrong, as every route answers it (RFC 9457)."""

    title: str = Field(description="the status in words")
    status: int = Field(description="the HTTP status")
    code: str = Field(description="what went wrong, for programs; never changes its meaning")
    message: str = Field(description="what went wrong, for people: `where: what`")
    hint: str | None = Field(default=None, description="one command or one link that helps")
    details: dict[str, object] = Field(default_factory=dict, description="facts, by name")


def status_of(error: HearthError) -> int:
    """Give the HTTP status of an error."""
    return EXCEPTIONS.get(error.code, STATUSES[error.category])


def problem_of(error: HearthError) -> Problem:
    """Give an error as HTTP says it."""
    status = status_of(error)
    return Problem(
        title=title_of(status),
        status=status,
        code=error.code,
        message=error.message,
        hint=error.hint,
        details=error.details,
    )


def title_of(status: int) -> str:
    """Give an HTTP status in words."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client Closed Request" if status == CLIENT_CLOSED_REQUEST else "Error"
