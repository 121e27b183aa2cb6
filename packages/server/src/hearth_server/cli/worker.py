"""`hearth-server worker`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from hearth_server.settings.load import load


def run(arguments: Sequence[str]) -> int:
    """Work until told to stop, or say whether a worker lives."""
    parser = argparse.ArgumentParser(
        prog="hearth-server worker", description="Take documents in, one after the other."
    )
    parser.add_argument(
        "--check", action="store_true", help="end with 0 when a worker has lately been alive"
    )
    options = parser.parse_args(arguments)
    settings = load()
    if options.check:
        from hearth_server.heartbeat import is_alive

        if is_alive(settings.database_url):
            return 0
        print("worker: no sign of life in the last 30 seconds", file=sys.stderr)
        return 1
    import asyncio

    from hearth_kit import log

    from hearth_server.worker import run_worker

    log.configure(level=settings.log_level, form=settings.log_format, service="lambda-worker")
    asyncio.run(run_worker(settings))
    return 0
