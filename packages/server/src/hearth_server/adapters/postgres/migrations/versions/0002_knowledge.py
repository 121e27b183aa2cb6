"""Documents, passages, vectors and postings."""

from __future__ import annotations

from alembic import op

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the schema `knowledge`."""
    run_sql(op, __file__)
