"""Keep the token that the platform's own services show: it reads what its owner has, no more.

The owner is the first administrator. Where nobody is yet, nothing is kept: the sign-in link that
makes the first person keeps it then. psycopg and the kit only, because `hearth up` waits for it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg
from hearth_kit.secret import Secret

from hearth_server.capabilities.identity import rules

NAME: Final = "Hearth's own services"
SCOPES: Final = ("identity:read", "knowledge:read")
"""No scope to write: what a model reads may ask it to delete, and it would be obeyed."""
LIFETIME: Final = timedelta(days=3650)

_OWNER: Final = """
select id from identity.users where role = 'admin' and kind = 'person'
order by created_at, id limit 1
"""
_FORGET: Final = """
delete from identity.tokens where user_id = %(user)s and name = %(name)s and id <> %(id)s
"""
_KEEP: Final = """
insert into identity.tokens (id, user_id, name, digest, scopes, created_at, expires_at)
select %(id)s, %(user)s, %(name)s, %(digest)s, %(scopes)s, %(now)s, %(until)s
where not exists (select from identity.tokens where id = %(id)s)
on conflict do nothing
"""


def keep_as_owner(owner_url: Secret, token: Secret, *, now: datetime) -> bool:
    """Keep the token under the role that owns the schema; False where there is no owner yet."""
    with psycopg.connect(owner_url.reveal()) as connection:
        row = connection.execute(_OWNER).fetchone()
        if row is None:
            return False
        _keep(connection, row[0], token, now=now)
        return True


def keep_as_app(
    connection: psycopg.Connection, user_id: UUID, token: Secret, *, now: datetime
) -> None:
    """Keep the token in the transaction of whoever just made this person's sign-in link."""
    connection.execute("select set_config('hearth.user_id', %s, true)", (str(user_id),))
    _keep(connection, user_id, token, now=now)


def _keep(connection: psycopg.Connection, user_id: UUID, token: Secret, *, now: datetime) -> None:
    """Replace an earlier token of this name; one that is there stays, and may be listed as used.

    Its id follows from its digest, which the application's role may not read.
    """
    digest = rules.digest(token.reveal())
    values = {
        "id": uuid5(NAMESPACE_URL, f"{user_id} {digest.hex()}"),
        "user": user_id,
        "name": NAME,
        "digest": digest,
        "scopes": list(SCOPES),
        "now": now,
        "until": now + LIFETIME,
    }
    connection.execute(_FORGET, values)
    connection.execute(_KEEP, values)
