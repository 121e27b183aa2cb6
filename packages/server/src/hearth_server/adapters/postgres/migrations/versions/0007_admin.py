"""What administrators may look at, and the record of each look."""

from __future__ import annotations

from alembic import op

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the schema of this version."""
    run_sql(op, __file__)
