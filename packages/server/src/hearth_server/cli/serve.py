"""`hearth-server serve`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from hearth_kit.settings import Layer

from hearth_server.settings.load import load
from hearth_server.settings.model import Settings


def run(arguments: Sequence[str]) -> int:
    """Serve until told to stop, or say whether a server is ready."""
    parser = argparse.ArgumentParser(
        prog="hearth-server serve", description="Serve the API, MCP and the pages."
    )
    parser.add_argument("--host", help="address to listen on, instead of HEARTH_HOST")
    parser.add_argument("--port", help="port to listen on, instead of HEARTH_PORT")
    parser.add_argument(
        "--check", action="store_true", help="end with 0 when the server there is ready"
    )
    options = parser.parse_args(arguments)
    flags = {"HEARTH_HOST": options.host, "HEARTH_PORT": options.port}
    given = {key: value for key, value in flags.items() if value is not None}
    settings = load(flags=Layer(origin="flag", values=given))
    return _check(settings) if options.check else _run(settings)


def _check(settings: Settings) -> int:
    from hearth_server.readiness import find_fault

    fault = find_fault(settings.host, settings.port)
    if fault is None:
        return 0
    print(f"server: {fault}", file=sys.stderr)
    return 1


def _run(settings: Settings) -> int:
    import asyncio

    from hearth_kit import log

    log.configure(level=settings.log_level, form=settings.log_format, service="lambda-server")
    return asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    import asyncio

    from hearth_server.adapters.postgres.pool import Database
    from hearth_server.edge.http.app import build_app
    from hearth_server.edge.http.run import build_server, listen
    from hearth_server.main import build_parts

    stopping = asyncio.Event()
    address = listen(settings.host, settings.port)
    database = Database(settings.database_url)
    app = build_app(build_parts(settings, database, stopping=stopping))
    server = build_server(app, stopping=stopping)
    await database.open()
    warming = asyncio.create_task(asyncio.to_thread(_warm_up))
    try:
        await server.serve(sockets=[address])
    finally:
        await warming
        await database.close()
    return 0 if server.started else 1


def _warm_up() -> None:
    """Import what the first search needs, which would hold up everybody else's requests then."""
    from importlib import import_module

    for name in ("numpy", "numkong"):
        import_module(name)
