"""Make a sign-in link from the command line: one connection, no pool, no event loop.

Kept apart from `identity` because `hearth up` waits for it: it imports psycopg and the kit only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import psycopg
from hearth_kit.errors import UnavailableError
from hearth_kit.secret import Secret

from hearth_server.adapters.postgres.tools_token import keep_as_app

CONNECT_TIMEOUT_SECONDS: Final = 5
_ISSUE: Final = """
select user_id, email, first_run from identity.issue_link(%s, %s, %s, %s, %s, %s)
"""


class NotReadyError(UnavailableError):
    """The database is not ready for sign-in links."""

    code = "sign-in-not-ready"


def issue_link(
    url: Secret,
    *,
    email: str | None,
    create: bool,
    new_id: UUID,
    digest: bytes,
    now: datetime,
    lifetime: timedelta,
    tools_token: Secret | None = None,
) -> tuple[str, bool] | None:
    """Keep a link's digest; give whose it is and whether nobody has signed in here yet.

    None when there is no such person. The owner's link (`email` None) keeps `tools_token` too:
    before the first link there is nobody whose it could be.

    Raises:
        NotReadyError: the database does not answer, or its schema is not there yet.
    """
    values = (email, create, new_id, digest, now, now + lifetime)
    try:
        with psycopg.connect(
            url.reveal(), connect_timeout=CONNECT_TIMEOUT_SECONDS, application_name="sign-in-link"
        ) as connection:
            row = connection.execute(_ISSUE, values).fetchone()
            if row and email is None and tools_token is not None:
                keep_as_app(connection, row[0], tools_token, now=now)
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction) as cause:
        msg = "sign-in link: the database has no schema yet"
        raise NotReadyError(msg, hint="hearth-server migrate") from cause
    except psycopg.OperationalError as cause:
        msg = "sign-in link: the database does not answer"
        raise NotReadyError(msg, hint="hearth status postgres") from cause
    return (row[1], row[2]) if row else None
