"""What a person or an agent may do with facts of documents: each method is a tool."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from hearth_kit.clock import Clock
from pydantic import AwareDatetime, Field

from hearth_server.capabilities.graph.errors import NoReaderError
from hearth_server.capabilities.graph.model import FactsFound, Reading
from hearth_server.capabilities.graph.ports import Facts, Readings, Sought
from hearth_server.principal import Principal
from hearth_server.tool import Effect, tool

GROUP: Final = "graph"
READ: Final = "knowledge:read"
WRITE: Final = "knowledge:write"
MOST: Final = 100
_MOST_WORDS: Final = 20


class FactTools:
    """The tools of facts. The owner is always the caller."""

    def __init__(self, facts: Facts, readings: Readings, *, clock: Clock, has_reader: bool) -> None:
        self._facts = facts
        self._readings = readings
        self._clock = clock
        self._has_reader = has_reader

    @tool(title="Search the graph", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def search_graph(
        self,
        caller: Principal,
        *,
        query: Annotated[str, Field(max_length=500)] = "",
        node_id: UUID | None = None,
        document_id: UUID | None = None,
        at: AwareDatetime | None = None,
        with_past: bool = False,
        limit: Annotated[int, Field(ge=1, le=MOST)] = 20,
    ) -> FactsFound:
        """Find facts of your graph: who or what relates to whom, when, and how that is known.

        Each fact has the words of your documents that it stands on; cite document and page. One
        without such words was noted by somebody.

        Args:
            query: Words of what to look for, such as `Ada works`; everything when left out.
            node_id: Only facts about this thing, as `find_things` gives it.
            document_id: Only facts that this document of yours tells.
            at: Only facts that held at this moment, such as `2024-01-01T00:00:00Z`; now by default.
            with_past: Whether to give those too that do not hold at that moment.
            limit: How many at most.
        """
        moment: datetime = at or self._clock.now()
        sought = Sought(
            words=_words(query),
            node_id=node_id,
            document_id=document_id,
            at=moment,
            with_past=with_past,
        )
        found = await self._facts.search(caller.user_id, sought, limit=limit)
        return FactsFound(facts=found)

    @tool(title="Read facts", scope=WRITE, group=GROUP, effect=Effect.WRITE, listed=False)
    async def extract_facts(self, caller: Principal, *, document_id: UUID) -> Reading:
        """Have the language model read a document of yours and put its facts into your graph.

        Takes a while; `get_fact_reading` says how far it is. What was read before is not asked
        again, so that a reading that broke off goes on where it was.

        Args:
            document_id: Which document.
        """
        if not self._has_reader:
            msg = "facts: no language model is on that could read the document"
            raise NoReaderError(msg, hint="hearth enable ollama")
        return await self._readings.request(caller.user_id, document_id)

    @tool(title="Forget facts", scope=WRITE, group=GROUP, effect=Effect.DESTROY, listed=False)
    async def forget_facts(self, caller: Principal, *, document_id: UUID) -> Reading:
        """Remove from your graph what only this document tells, and let it not be read any more.

        `extract_facts` has it read again.

        Args:
            document_id: Which document.
        """
        return await self._readings.decline(caller.user_id, document_id)

    @tool(title="Show a reading", scope=READ, group=GROUP, effect=Effect.READ, listed=False)
    async def get_fact_reading(self, caller: Principal, *, document_id: UUID) -> Reading:
        """Show whether a document of yours was read for facts, how far, and what came of it.

        Args:
            document_id: Which document.
        """
        return await self._readings.get(caller.user_id, document_id)


def _words(query: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"\w+", query.lower())))[:_MOST_WORDS]
