"""A number for each state of a document's passages."""

from __future__ import annotations

from alembic import op

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column and the sequence that it is filled from."""
    run_sql(op, __file__)
