"""Documents that an embedder has not seen."""

from __future__ import annotations

from alembic import op

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Let a worker learn which documents are behind."""
    run_sql(op, __file__)
