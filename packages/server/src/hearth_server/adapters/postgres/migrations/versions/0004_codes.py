"""Vectors in four bits a number, for those that are there already too."""

from __future__ import annotations

from alembic import op
from psycopg import Connection

from hearth_server.adapters.postgres.migrate import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of codes and fill it from the vectors, a document at a time."""
    run_sql(op, __file__)
    connection = op.get_bind().connection.driver_connection
    if connection is not None:
        fill_codes(connection)


def fill_codes(connection: Connection) -> None:
    """Pack the vectors of each document; row-level security, which binds owners, is lifted."""
    import numpy as np

    from hearth_server.capabilities.knowledge.codes import pack_codes

    for table in ("embeddings", "codes"):
        connection.execute(f"alter table knowledge.{table} no force row level security")
    embedded = connection.execute(
        "select distinct document_id, space, owner from knowledge.embeddings"
    ).fetchall()
    for document, space, owner in embedded:
        rows = connection.execute(
            "select embedding::real[] from knowledge.embeddings"
            " where document_id = %s and space = %s order by ordinal",
            (document, space),
        ).fetchall()
        packed = pack_codes(np.array([row for (row,) in rows], np.float32))
        connection.execute(
            "insert into knowledge.codes (document_id, space, owner, packed)"
            " values (%s, %s, %s, %s)",
            (document, space, owner, packed),
        )
    for table in ("embeddings", "codes"):
        connection.execute(f"alter table knowledge.{table} force row level security")
