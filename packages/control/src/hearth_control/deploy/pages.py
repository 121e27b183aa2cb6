"""Where a person goes with a browser."""

from __future__ import annotations

from dataclasses import dataclass

from hearth_kit.errors import NotFoundError

from hearth_control.deploy.halt import Running
from hearth_control.deploy.names import check_known
from hearth_control.deploy.sign_in import SERVICE, get_sign_in_link


class NoPageError(NotFoundError):
    """The service has no page."""

    code = "no-page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An address; `expires_at` (RFC 3339) if it signs in once."""

    service: str
    url: str
    expires_at: str | None = None


def get_page(running: Running, service: str) -> Page:
    """Find a service's page; the lambda server's comes with a fresh sign-in link.

    Raises:
        UnknownServiceError: no service of that name was brought up.
        NoPageError: it has none.
        UnitNotRunningError, NoSignInLinkError: the lambda server gives no link.
    """
    check_known([service], [one.name for one in running.applied.services], verb="open")
    if service == SERVICE:
        link = get_sign_in_link(running.engine)
        return Page(service=service, url=link.url, expires_at=link.expires_at)
    known = running.applied.service(service)
    if known is None or not known.url:
        msg = f"{service}: this service has no page"
        raise NoPageError(msg, hint=f"hearth show {service}")
    return Page(service=service, url=known.url)
