"""`hearth-server migrate`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from hearth_kit.clock import SystemClock
from hearth_kit.secret import Secret
from psycopg.conninfo import conninfo_to_dict

from hearth_server.adapters.postgres.migrate import migrate
from hearth_server.adapters.postgres.tools_token import keep_as_owner
from hearth_server.assembly.stores import prepare_objects
from hearth_server.settings.errors import SettingsError
from hearth_server.settings.load import load
from hearth_server.settings.parse import HINT


def run(arguments: Sequence[str]) -> int:
    """Apply every migration that the database has not seen; make the bucket that is not there."""
    parser = argparse.ArgumentParser(
        prog="hearth-server migrate",
        description="Bring the database's schema up to date, as the role that owns it, and make "
        "the bucket of HEARTH_OBJECTS_BUCKET unless it is there. "
        "The roles of HEARTH_DATABASE_URL and HEARTH_DATABASE_ADMIN_URL are given what the server "
        "needs and no more.",
    )
    parser.parse_args(arguments)
    settings = load()
    if settings.database_owner_url is None:
        msg = "HEARTH_DATABASE_OWNER_URL: is required for this command and not set"
        raise SettingsError(msg, hint=HINT)
    migrate(
        settings.database_owner_url,
        _role_in(settings.database_url) or "hearth_app",
        _role_in(settings.database_admin_url) or "hearth_admin",
    )
    if settings.tools_token is not None:
        keep_as_owner(settings.database_owner_url, settings.tools_token, now=SystemClock().now())
    prepare_objects(settings)
    return 0


def _role_in(url: Secret | None) -> str:
    """Give the role to grant to: a part of the address that the server itself will use."""
    return str(conninfo_to_dict(url.reveal()).get("user") or "") if url else ""
