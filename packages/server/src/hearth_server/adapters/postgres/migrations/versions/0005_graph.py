"""Each person's graph."""

from __future__ import annotations

from alembic import op

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the schema `graph`."""
    run_sql(op, __file__)
