"""Postings that are read from their index alone."""

from __future__ import annotations

from alembic import op

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Put the postings into the index, in parts that fit a page of it."""
    run_sql(op, __file__)
