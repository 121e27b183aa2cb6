"""What PostgreSQL can do to us.

UnavailableError
├── PostgresDownError     it does not answer, or went away in the middle
├── PostgresBusyError     it answers, but not in time
└── SchemaError           the schema could not be brought up to date
"""

from __future__ import annotations

from hearth_kit.errors import UnavailableError

HINT = "hearth status postgres"


class PostgresDownError(UnavailableError):
    """The database does not answer."""

    code = "postgres-down"


class PostgresBusyError(UnavailableError):
    """The database did not answer in time."""

    code = "postgres-busy"


class SchemaError(UnavailableError):
    """The database's schema could not be brought up to date."""

    code = "schema-failed"
