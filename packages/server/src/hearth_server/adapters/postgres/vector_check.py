"""Whether the database can compare vectors at all."""

from __future__ import annotations

from typing import Final

import psycopg

from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.knowledge.errors import VectorsDownError

HINT: Final = "hearth logs postgres"


async def check_vectors(database: Database) -> None:
    """Answer when pgvector does: its extension may be gone, or its library with an image.

    Raises:
        VectorsDownError: it does not.
        PostgresDownError: the database itself does not answer.
    """
    try:
        async with database.as_nobody() as connection:
            await connection.execute("select '[1]'::vector <=> '[1]'::vector")
    except psycopg.Error as error:
        msg = "postgres: its extension pgvector cannot be used"
        raise VectorsDownError(msg, hint=HINT) from error
