"""The one-time link that signs a person in to the lambda server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from hearth_kit.errors import HearthError, UnavailableError

from hearth_control.engine.port import Engine

SERVICE: Final = "lambda-server"
TIMEOUT_SECONDS: Final = 20.0


class NoSignInLinkError(UnavailableError):
    """The lambda server gave no sign-in link."""

    code = "no-sign-in-link"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """A link that works once. `first_run`: nobody has signed in yet. `expires_at` is RFC 3339."""

    url: str
    expires_at: str
    first_run: bool


def get_sign_in_link(engine: Engine) -> SignInLink:
    """Ask the running lambda server for a fresh link.

    Raises:
        NoSignInLinkError: it runs, and gives none.
        UnitNotRunningError: it does not run.
    """
    argv = ("python", "-m", "hearth_server", "sign-in-link", "--json")
    done = engine.execute(SERVICE, argv, timeout_seconds=TIMEOUT_SECONDS)
    try:
        document = json.loads(done.stdout)
        return SignInLink(
            url=str(document["url"]),
            expires_at=str(document["expires_at"]),
            first_run=bool(document["first_run"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        said = (done.stderr or done.stdout).strip().splitlines()
        reason = f" (it said: {said[-1]})" if said else ""
        msg = f"{SERVICE}: it gave no sign-in link{reason}"
        raise NoSignInLinkError(msg, hint=f"hearth logs {SERVICE}") from error


def try_sign_in_link(engine: Engine) -> SignInLink | None:
    """Ask for a link where one is a courtesy; None when there is none to be had."""
    try:
        return get_sign_in_link(engine)
    except HearthError:
        return None
