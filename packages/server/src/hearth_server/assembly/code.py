"""Put together what takes code in and answers about it; `serve` and `worker` both need a part."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from hearth_server.adapters.postgres.code import PostgresCodeGraph, PostgresIndexRuns
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.source.reader import ProcessCodeReader
from hearth_server.capabilities.code.indexing import Indexer, Receiver
from hearth_server.capabilities.code.model import Repository
from hearth_server.capabilities.code.ports import Archives, Downloads
from hearth_server.capabilities.code.rules import name_of
from hearth_server.capabilities.code.tools import CodeTools
from hearth_server.principal import Principal
from hearth_server.settings.model import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What the edge offers of code."""

    tools: CodeTools
    receiver: Receiver

    async def receive(
        self, caller: Principal, filename: str, name: str, chunks: AsyncIterator[bytes]
    ) -> Repository:
        """Take an uploaded archive in."""
        return await self.receiver.receive(
            caller.user_id, chunks, name=name or name_of(filename), source=filename[:500]
        )


def assemble_code(
    settings: Settings, database: Database, archives: Archives, fetcher: Downloads
) -> Code:
    """Build the tools and the way in for archives; nothing is asked yet."""
    graph = PostgresCodeGraph(database, Jobs(new_job_app()))
    receiver = Receiver(graph, archives, limit=settings.upload_limit)
    tools = CodeTools(graph, receiver, fetcher, ProcessCodeReader())
    return Code(tools=tools, receiver=receiver)


def assemble_indexer(database: Database, archives: Archives) -> Indexer:
    """Build what a worker indexes repositories with."""
    return Indexer(PostgresIndexRuns(database), archives, ProcessCodeReader())
