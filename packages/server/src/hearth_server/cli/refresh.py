"""`hearth-server refresh`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
from collections.abc import Sequence

from hearth_server.adapters.postgres.backlog import PostgresBacklog
from hearth_server.adapters.postgres.documents import PostgresDocuments
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.pool import Database
from hearth_server.capabilities.knowledge.refresh import queue_everything
from hearth_server.settings.load import load
from hearth_server.settings.model import Settings


def run(arguments: Sequence[str]) -> int:
    """Queue every document and say how many there are."""
    options = _parser().parse_args(arguments)
    # Each attempt to connect would be told of; the error at the end says it once.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    queued = asyncio.run(_queue(load()))
    if options.json:
        print(json.dumps({"queued": queued}))
        return 0
    print(
        f"{queued} {'document is' if queued == 1 else 'documents are'} queued to be taken in anew"
    )
    return 0


async def _queue(settings: Settings) -> int:
    database = Database(settings.database_url, max_connections=2, name="hearth-refresh")
    await database.open()
    try:
        documents = PostgresDocuments(database, Jobs(new_job_app()))
        return await queue_everything(PostgresBacklog(database), documents)
    finally:
        await database.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hearth-server refresh",
        description="Queue every document of everybody that is ready to be taken in anew: read, "
        "split and embedded by what this version does. Each waits behind whatever else there is "
        "to do, and is found as it is until then. Sites are not followed again.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser
