"""`hearth-server sign-in-link`: psycopg and the kit only, because `hearth up` waits for it."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence

from hearth_kit.clock import SystemClock
from hearth_kit.ids import uuid7

from hearth_server.adapters.postgres.identity_links import issue_link
from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.errors import PersonNotFoundError
from hearth_server.settings.load import load


def run(arguments: Sequence[str]) -> int:
    """Make a link and print it."""
    options = _parser().parse_args(arguments)
    settings = load()
    email = rules.check_email(options.email) if options.email else None
    now = SystemClock().now()
    secret = rules.make_secret(os.urandom(rules.SECRET_BYTES)).reveal()
    issued = issue_link(
        settings.database_url,
        email=email,
        create=options.create,
        new_id=uuid7(),
        digest=rules.digest(secret),
        now=now,
        lifetime=settings.sign_in_link_lifetime,
        tools_token=settings.tools_token,
    )
    if issued is None:
        msg = f"email: nobody here has the address `{email}`"
        raise PersonNotFoundError(msg, hint=f"hearth-server sign-in-link --email {email} --create")
    whose, is_first_run = issued
    url = f"{settings.base_url}/sign-in?link={secret}"
    expires_at = (now + settings.sign_in_link_lifetime).isoformat(timespec="seconds")
    if options.json:
        answer = {"url": url, "expires_at": expires_at, "first_run": is_first_run, "email": whose}
        print(json.dumps(answer))
        return 0
    print(url)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hearth-server sign-in-link",
        description="Make a link that signs somebody in once. Without --email it is for the "
        "owner; where nobody is yet, that person becomes the first administrator.",
    )
    parser.add_argument("--email", help="whom the link is for")
    parser.add_argument(
        "--create", action="store_true", help="make an account for that address if there is none"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser
