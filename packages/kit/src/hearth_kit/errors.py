"""The root of every error that Hearth raises on purpose.

The tree, each leaf in the member that raises it:

    HearthError
    ├── InvalidError       the person's input is wrong            exit 1 or 2, HTTP 400
    ├── NotFoundError      no such thing, or not yours            exit 1,      HTTP 404
    ├── ConflictError      the world is in another state          exit 1,      HTTP 409
    ├── DeniedError        the caller may not                     exit 12,     HTTP 401 or 403
    ├── UnavailableError   something needed does not answer       exit 1,      HTTP 503
    ├── CancelledError     a person stopped it                    exit 130,    HTTP 499
    └── BugError           a promise of ours was broken           exit 1,      HTTP 500

Errors know no transport: each edge has one table from category to its own status.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Category(StrEnum):
    """What kind of failure an error is; edges map it to exit codes, HTTP and MCP."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    DENIED = "denied"
    UNAVAILABLE = "unavailable"
    CANCELLED = "cancelled"
    BUG = "bug"


class HearthError(Exception):
    """Something failed in a way that Hearth foresaw.

    `str(error)` is one line, `where: what`, lower case, no final period, without its cause and
    without secrets. `hint` is one runnable command or one docs link, shown apart.
    """

    code: ClassVar[str] = "error"
    category: ClassVar[Category] = Category.BUG

    def __init__(
        self,
        message: str = "",
        *,
        hint: str | None = None,
        details: dict[str, object] | None = None,
    ) -> None:
        first_line = (type(self).__doc__ or "").strip().split("\n", 1)[0].rstrip(".")
        self.message = message or first_line
        self.hint = hint
        self.details = details or {}
        super().__init__(self.message)

    def as_dict(self) -> dict[str, object]:
        """Give the error as edges print it.

        Shape: `{code, category, message, hint, details}`; `hint` may be None, `details` is flat.
        """
        return {
            "code": self.code,
            "category": self.category.value,
            "message": self.message,
            "hint": self.hint,
            "details": self.details,
        }


class InvalidError(HearthError):
    """The input is not valid."""

    code = "invalid"
    category = Category.INVALID


class NotFoundError(HearthError):
    """There is no such thing."""

    code = "not-found"
    category = Category.NOT_FOUND


class ConflictError(HearthError):
    """The state of things does not allow this."""

    code = "conflict"
    category = Category.CONFLICT


class DeniedError(HearthError):
    """The caller may not do this."""

    code = "denied"
    category = Category.DENIED


class UnavailableError(HearthError):
    """Something that is needed does not answer."""

    code = "unavailable"
    category = Category.UNAVAILABLE


class CancelledError(HearthError):
    """A person stopped the work."""

    code = "cancelled"
    category = Category.CANCELLED


class BugError(HearthError):
    """A promise that Hearth makes to itself was broken."""

    code = "bug"
    category = Category.BUG


def chain(error: BaseException) -> str:
    """Join an error and its causes by `: `, each said once.

    Only the outermost edge calls this; an error's own text never holds its cause.
    """
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        text = " ".join(str(current).split()) or type(current).__name__
        if text not in parts:
            parts.append(text)
        current = current.__cause__
    return ": ".join(parts)
