"""Whether a worker lives: read from the row that the queue keeps. Lean, as probes call it often."""

from __future__ import annotations

from typing import Final

import psycopg
from hearth_kit.secret import Secret

from hearth_server.adapters.postgres.pool import mapped_errors

_ALIVE: Final = """
select coalesce(max(last_heartbeat) > now() - make_interval(secs => %s), false)
from procrastinate_workers
"""


def is_alive(url: Secret, *, within_seconds: float = 30.0) -> bool:
    """Tell whether any worker has given a sign of life lately.

    Raises:
        PostgresDownError: the database does not answer.
    """
    with mapped_errors(), psycopg.connect(url.reveal(), connect_timeout=5) as connection:
        try:
            row = connection.execute(_ALIVE, (within_seconds,)).fetchone()
        except psycopg.errors.UndefinedTable:
            return False
    return bool(row and row[0])
