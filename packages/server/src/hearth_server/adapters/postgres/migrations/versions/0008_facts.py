"""What is read out of documents into the graph, and the words that it stands on."""

from __future__ import annotations

from alembic import op

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Let the graph hold what a language model reads out of documents."""
    run_sql(op, __file__)
