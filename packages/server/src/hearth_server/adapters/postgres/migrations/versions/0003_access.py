"""Access through others: services, links, provisioning, limits, what each caller's agent lists."""

from __future__ import annotations

from alembic import op

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Extend the schema `identity`."""
    run_sql(op, __file__)
