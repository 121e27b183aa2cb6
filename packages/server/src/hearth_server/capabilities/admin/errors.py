"""What can go wrong when an administrator looks.

DeniedError
└── NotAdminError          the caller is no administrator, as the database has it
NotFoundError
├── NoSuchPersonError      nobody here has that id
└── NoSuchDocumentError    that person has no document of that id
ConflictError
└── LastAdminError         somebody must stay an administrator
UnavailableError
└── AdminOffError          the server has no way to the database as administrators look
"""

from __future__ import annotations

from hearth_kit.errors import ConflictError, DeniedError, NotFoundError, UnavailableError


class NotAdminError(DeniedError):
    """Only administrators may look."""

    code = "not-admin"


class NoSuchPersonError(NotFoundError):
    """Nobody here has that id."""

    code = "no-such-person"


class NoSuchDocumentError(NotFoundError):
    """That person has no such document."""

    code = "no-such-document"


class LastAdminError(ConflictError):
    """Somebody must stay an administrator."""

    code = "last-admin"


class AdminOffError(UnavailableError):
    """Administrators cannot look here."""

    code = "admin-off"
