"""People, sign-in links, sessions and API tokens."""

from __future__ import annotations

from alembic import op

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the schema `identity`."""
    run_sql(op, __file__)
