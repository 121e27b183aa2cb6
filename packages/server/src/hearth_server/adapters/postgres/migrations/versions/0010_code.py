"""The code of repositories."""

from __future__ import annotations

from alembic import op

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Let the graph hold repositories, what their code defines, and what uses what."""
    run_sql(op, __file__)
