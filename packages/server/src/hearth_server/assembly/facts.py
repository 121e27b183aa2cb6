"""Put together what reads documents for facts: tools for the server, the reader for a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

from hearth_kit.clock import SystemClock

from hearth_server.adapters.openai.language import OpenAILanguageModel
from hearth_server.adapters.postgres.facts import PostgresFacts
from hearth_server.adapters.postgres.jobs import Jobs, new_job_app
from hearth_server.adapters.postgres.pool import Database
from hearth_server.adapters.postgres.readings import (
    PostgresReadingRuns,
    PostgresReadings,
    ReadAfterIngest,
)
from hearth_server.capabilities.answers.errors import ModelCutError, ModelRefusedError
from hearth_server.capabilities.answers.model import Message, Speaker
from hearth_server.capabilities.graph.errors import ReaderRefusedError
from hearth_server.capabilities.graph.extracting import FactReader
from hearth_server.capabilities.graph.fact_tools import FactTools
from hearth_server.settings.model import FactsKind, Settings


class ModelWriter:
    """The port `Writer` over the language model that also answers."""

    def __init__(self, model: OpenAILanguageModel) -> None:
        self._model = model

    async def name(self) -> str:
        """Say which model it is."""
        return await self._model.name()

    async def close(self) -> None:
        """Close the connections."""
        await self._model.close()

    async def fill(
        self, turns: Sequence[tuple[str, str]], schema: Mapping[str, Any], *, max_tokens: int
    ) -> str:
        """Give the reply to some turns; of one that breaks off, what came."""
        messages = [Message(role=cast("Speaker", role), content=text) for role, text in turns]
        pieces: list[str] = []
        try:
            async with aclosing(
                self._model.write(messages, max_tokens=max_tokens, schema=schema)
            ) as written:
                async for piece in written:
                    pieces.append(piece)  # noqa: PERF401  what came before a break is kept
        except ModelRefusedError as error:
            raise ReaderRefusedError(error.message, hint=error.hint) from error
        except ModelCutError:
            # What is whole of it counts; with nothing whole it is asked again.
            return "".join(pieces)
        return "".join(pieces)


def assemble_facts(settings: Settings, database: Database) -> FactTools:
    """Build the tools; nothing is asked yet."""
    return FactTools(
        PostgresFacts(database),
        PostgresReadings(database, Jobs(new_job_app())),
        clock=SystemClock(),
        has_reader=bool(settings.llm_url),
    )


def assemble_reader(settings: Settings, database: Database) -> FactReader | None:
    """Build what a worker reads documents with; None where no language model is on."""
    if not settings.llm_url:
        return None
    model = OpenAILanguageModel(
        settings.llm_url, model=settings.llm_model, api_key=settings.llm_api_key
    )
    return FactReader(
        PostgresReadingRuns(database),
        PostgresFacts(database),
        ModelWriter(model),
        clock=SystemClock(),
        context_tokens=settings.llm_context,
        most_parts=settings.facts_parts,
    )


def read_after_ingest(settings: Settings) -> ReadAfterIngest:
    """Say what becomes of facts when a document's text was stored."""
    every = bool(settings.llm_url) and settings.facts is FactsKind.ALL
    return ReadAfterIngest(Jobs(new_job_app()), every=every)
