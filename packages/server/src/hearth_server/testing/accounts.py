"""A person with a token, straight in the database: for tests and benchmarks of a whole server."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from hearth_kit.clock import SystemClock
from hearth_kit.ids import uuid7
from hearth_kit.secret import Secret
from hearth_kit.tokens import make_token

from hearth_server.adapters.postgres.identity import PostgresTokens
from hearth_server.adapters.postgres.identity_links import issue_link
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.model import ApiToken
from hearth_server.principal import SCOPES


async def add_account(
    url: Secret, email: str = "someone@example.org", *, scopes: Iterable[str] = SCOPES
) -> tuple[UUID, str]:
    """Make a person with one token of a day's life; give the person's id and the token.

    `url` is that of the application's role.
    """
    now = SystemClock().now()
    user_id = uuid7()
    issue_link(
        url,
        email=email,
        create=True,
        new_id=user_id,
        digest=rules.digest(user_id.hex),
        now=now,
        lifetime=timedelta(days=1),
    )
    secret = make_token(os.urandom(rules.SECRET_BYTES)).reveal()
    token = ApiToken(
        id=uuid7(),
        name="test",
        scopes=tuple(sorted(scopes)),
        created_at=now,
        expires_at=now + timedelta(days=1),
        last_used_at=None,
    )
    database = Database(url)
    await database.open()
    try:
        await PostgresTokens(database).add_token(user_id, token, digest=rules.digest(secret))
    finally:
        await database.close()
    return user_id, secret
