"""`hearth-server role`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from hearth_server.adapters.postgres.oversight import set_role
from hearth_server.capabilities.identity import rules
from hearth_server.principal import Role
from hearth_server.settings.errors import SettingsError
from hearth_server.settings.load import load
from hearth_server.settings.parse import HINT


def run(arguments: Sequence[str]) -> int:
    """Give somebody a role and say whether that changed anything."""
    options = _parser().parse_args(arguments)
    settings = load()
    if settings.database_admin_url is None:
        msg = "HEARTH_DATABASE_ADMIN_URL: is required for this command and not set"
        raise SettingsError(msg, hint=HINT)
    email = rules.check_email(options.email)
    role = Role(options.role)
    is_changed = set_role(settings.database_admin_url, email, role)
    if options.json:
        print(json.dumps({"email": email, "role": role.value, "changed": is_changed}))
        return 0
    what = "is now" if is_changed else "was already"
    print(f"{email} {what} {'an administrator' if role is Role.ADMIN else 'a user'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hearth-server role",
        description="Make somebody an administrator, or no longer. Administrators may look at "
        "others' accounts and documents; each look is noted, and whom it is about can see it.",
    )
    parser.add_argument("email", help="whose role it is")
    parser.add_argument("role", choices=[each.value for each in Role], help="what they become")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser
