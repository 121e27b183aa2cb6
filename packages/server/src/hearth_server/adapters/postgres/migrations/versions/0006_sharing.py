"""Documents that others may read."""

from __future__ import annotations

from alembic import op

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the schema of this version."""
    run_sql(op, __file__)
