"""What a worker does with one document: ask the model about each part, check, store.

May be killed at any moment and begun again: each reply is kept before its facts are stored, so
that no part is asked about twice, and storing a fact again changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from hearth_kit.clock import Clock
from hearth_kit.errors import HearthError, UnavailableError

from hearth_server.capabilities.graph import reading
from hearth_server.capabilities.graph.errors import ReaderRefusedError, StaleReadingError
from hearth_server.capabilities.graph.model import Reading, ReadingState
from hearth_server.capabilities.graph.ports import (
    Facts,
    ReadingRun,
    ReadingRuns,
    Reply,
    TextPart,
    Writer,
)

_LOG: Final = logging.getLogger(__name__)
_ATTEMPTS: Final = 3
"""Questions about one part, until its reply has the shape that was asked for."""


class FactReader:
    """Reads documents into the graph, one at a time."""

    def __init__(
        self,
        runs: ReadingRuns,
        facts: Facts,
        writer: Writer,
        *,
        clock: Clock,
        context_tokens: int = 4_096,
        most_parts: int = 100,
    ) -> None:
        self._runs = runs
        self._facts = facts
        self._writer = writer
        self._clock = clock
        self._part_tokens = context_tokens // 4
        self._reply_tokens = context_tokens // 2
        self._most_parts = most_parts

    async def close(self) -> None:
        """Leave the model."""
        await self._writer.close()

    async def read(self, owner: UUID, document_id: UUID, *, last_chance: bool = True) -> None:
        """Read a document; repeating it is harmless.

        Records why it failed where a person sees it. With `last_chance` an outage fails it for
        good; without, it stays queued and the error is raised, so that it is tried again later.

        Raises:
            UnavailableError: the model or a store is down, and another attempt follows.
        """
        run = await self._runs.start(owner, document_id)
        if run is None:
            return
        state = Reading(
            document_id=document_id, title=run.title, state=ReadingState.RUNNING, model=""
        )
        progress = _Progress(self._runs, run, state)
        try:
            await self._carry(run, progress)
        except StaleReadingError as stopped:
            _LOG.info("%s", stopped)
        except UnavailableError as down:
            again = not last_chance and not isinstance(down, ReaderRefusedError)
            await progress.end(ReadingState.QUEUED if again else ReadingState.FAILED, down.message)
            if again:
                raise
        except HearthError as failed:
            await progress.end(ReadingState.FAILED, failed.message)
        except Exception:  # noqa: BLE001  whatever it was, the person must learn that it failed
            _LOG.exception("document %s: was not read", document_id)
            reason = "an error in Hearth itself; the worker's log has it"
            await progress.end(ReadingState.FAILED, reason)

    async def _carry(self, run: ReadingRun, progress: _Progress) -> None:
        model = await self._writer.name()
        parts = await self._runs.text(run)
        batches = reading.split_parts(parts, max_tokens=self._part_tokens)
        chosen = batches[: self._most_parts]
        await progress.step(model=model, total=len(chosen))
        unread = 0
        for number, batch in enumerate(chosen, start=1):
            reply = await self._reply(run, model, batch)
            facts, dropped = reading.read_facts(reply.text, run.title, batch)
            stored = await self._facts.put(run.owner, run.document_id, facts, now=self._clock.now())
            unread += not reply.is_readable
            await progress.step(
                done=number,
                dropped=progress.state.dropped + dropped + len(facts) - stored,
                calls=progress.state.calls + reply.calls,
            )
        reasons = []
        if unread:
            reasons.append(
                f"{unread} of {len(chosen)} parts: the model's replies could not be understood"
            )
        if len(batches) > len(chosen):
            reasons.append(
                f"only the first {len(chosen)} of {len(batches)} parts were read, as set by"
                " HEARTH_FACTS_PARTS"
            )
        state = ReadingState.PARTLY if reasons else ReadingState.DONE
        if chosen and unread == len(chosen):
            state = ReadingState.FAILED
        await progress.end(state, "; ".join(reasons))

    async def _reply(self, run: ReadingRun, model: str, batch: Sequence[TextPart]) -> Reply:
        digest = reading.digest_of(model, run.title, batch)
        kept = await self._runs.find_reply(run, digest)
        if kept is not None:
            return replace(kept, calls=0)
        reply = await self._ask(run.title, batch)
        await self._runs.keep_reply(run, digest, reply)
        return reply

    async def _ask(self, title: str, batch: Sequence[TextPart]) -> Reply:
        first = turns = reading.question(title, batch)
        text = ""
        for attempt in range(1, _ATTEMPTS + 1):
            text = await self._writer.fill(turns, reading.SCHEMA, max_tokens=self._reply_tokens)
            fault = reading.find_fault(text)
            if not fault:
                return Reply(text=text, is_readable=True, calls=attempt)
            _LOG.info("a reply about a part of a document cannot be used: %s", fault)
            turns = reading.once_more(first, text, fault)
        return Reply(text="", is_readable=False, calls=_ATTEMPTS)


class _Progress:
    """What was said of a run so far."""

    def __init__(self, runs: ReadingRuns, run: ReadingRun, state: Reading) -> None:
        self._runs = runs
        self._run = run
        self.state = state

    async def step(
        self,
        *,
        model: str | None = None,
        total: int | None = None,
        done: int | None = None,
        dropped: int | None = None,
        calls: int | None = None,
    ) -> None:
        now = self.state
        self.state = replace(
            now,
            model=now.model if model is None else model,
            total=now.total if total is None else total,
            done=now.done if done is None else done,
            dropped=now.dropped if dropped is None else dropped,
            calls=now.calls if calls is None else calls,
        )
        await self._runs.write(self._run, self.state)

    async def end(self, state: ReadingState, reason: str) -> None:
        """Say how it ended; a run that was taken over says nothing."""
        try:
            await self._runs.write(self._run, replace(self.state, state=state, reason=reason))
        except StaleReadingError as stopped:
            _LOG.info("%s", stopped)
