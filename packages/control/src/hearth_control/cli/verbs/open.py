"""`hearth open`."""

from __future__ import annotations

import click

from hearth_control.cli.complete import complete_running
from hearth_control.cli.session import Session, session_of
from hearth_control.cli.theme import bold, dim
from hearth_control.cli.verb import verb

DEFAULT = "lambda-server"


@verb("hearth open", "hearth open n8n", "hearth open --no-browser", name="open")
@click.argument("service", default=DEFAULT, shell_complete=complete_running)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.pass_context
def open_(context: click.Context, *, service: str, no_browser: bool) -> None:
    """Show where a service's page is; for the lambda server with a fresh sign-in link."""
    from hearth_control.deploy.halt import get_running
    from hearth_control.deploy.pages import get_page

    session = session_of(context)
    page = get_page(get_running(session.world), service)
    if session.output.json:
        session.output.data(
            {"service": page.service, "url": page.url, "expires_at": page.expires_at}
        )
        return
    session.output.line(page.url)
    if page.expires_at:
        session.output.note(dim(f"This link signs you in once, until {page.expires_at}."))
    if not no_browser:
        _try_browser(session, page.url)


def _try_browser(session: Session, url: str) -> None:
    """Open the person's browser where there is a desktop; the printed address is the fallback."""
    import sys

    environment = session.environment
    has_desktop = sys.platform == "darwin" or any(
        environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
    )
    if not has_desktop or not session.output.is_live:
        return
    import webbrowser

    if webbrowser.open(url):
        session.output.note(f"Opened in {bold('your browser')}.")


command = open_
