"""Set things up for a person when they first come: each step by itself, again until it is done.

How far each step is stands in the database, so any process goes on where another stopped, and of
two at once one does it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hearth_kit.clock import Clock
from hearth_kit.errors import HearthError, UnavailableError

from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.model import Person, ProvisioningState
from hearth_server.capabilities.identity.ports import ProvisioningRecords, ProvisioningStep

STEP_PATIENCE: Final = timedelta(seconds=15)
CLAIM: Final = timedelta(seconds=60)
"""For so long a step belongs to whoever began it; after that it counts as given up."""
MOST_SETTLED: Final = 100_000

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    is_done: bool
    retry_at: datetime


class Provisioner:
    """Runs the steps; `close` stops what is under way."""

    def __init__(
        self,
        records: ProvisioningRecords,
        steps: Sequence[ProvisioningStep],
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._records = records
        self._steps = tuple(steps)
        self._clock = clock
        self._sleep = sleep
        self._settled: dict[UUID, None] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    def notice(self, person: Person) -> None:
        """See to it that everything is set up for a person; returns at once."""
        if not self._steps or person.id in self._settled or person.id in self._tasks:
            return
        task = asyncio.create_task(self._settle(person), name=f"provision {person.id}")
        self._tasks[person.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(person.id, None))

    async def states(self, user_id: UUID) -> tuple[ProvisioningState, ...]:
        """Give every step of this server, and how far it is for a person."""
        known = {each.name: each for each in await self._records.list_states(user_id)}
        return tuple(
            known.get(step.name, ProvisioningState(name=step.name, state="pending", at=None))
            for step in self._steps
        )

    async def run_due(self, person: Person) -> datetime | None:
        """Run each step that is due; give when the next one is, None when all are done."""
        async with asyncio.TaskGroup() as group:
            begun = [group.create_task(self._run(person, step)) for step in self._steps]
        outcomes = [each.result() for each in begun]
        return min((each.retry_at for each in outcomes if not each.is_done), default=None)

    async def close(self) -> None:
        """Stop what is under way; it goes on with the person's next request."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _settle(self, person: Person) -> None:
        attempts = 0
        while True:
            try:
                due = await self.run_due(person)
            except* UnavailableError as errors:
                # Nothing could be recorded, so nothing is known: the database is asked again.
                _log.warning("provisioning waits: %s", errors.exceptions[0])
                attempts += 1
                due = self._clock.now() + rules.pause_after(attempts)
            # Steps that fail while they are cancelled tell of their failure alone.
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise asyncio.CancelledError
            if due is None:
                if len(self._settled) >= MOST_SETTLED:
                    self._settled.clear()
                self._settled[person.id] = None
                return
            await self._sleep(max(0.1, (due - self._clock.now()).total_seconds()))

    async def _run(self, person: Person, step: ProvisioningStep) -> _Outcome:
        now = self._clock.now()
        attempts = await self._records.claim(person.id, step.name, now=now, until=now + CLAIM)
        if attempts is None:
            return await self._look(person, step, now)
        reason = detail = ""
        try:
            async with asyncio.timeout(STEP_PATIENCE.total_seconds()):
                detail = await step.provision(person)
        except TimeoutError:
            reason = f"{step.name}: does not answer in time"
        except HearthError as error:
            reason = error.message
        except Exception:  # noqa: BLE001 - a step that breaks is a step that failed
            _log.exception("provisioning step broke", extra={"step": step.name})
            reason = f"{step.name}: something broke, the log tells more"
        now = self._clock.now()
        retry_at = now + rules.pause_after(attempts)
        state = ProvisioningState(
            name=step.name,
            state="failed" if reason else "done",
            at=now,
            attempts=attempts,
            reason=reason,
            retry_at=retry_at if reason else None,
            detail=detail,
        )
        await self._records.finish(person.id, state)
        return _Outcome(is_done=not reason, retry_at=retry_at)

    async def _look(self, person: Person, step: ProvisioningStep, now: datetime) -> _Outcome:
        """See how far a step is that is not ours to begin."""
        states = await self._records.list_states(person.id)
        found = next((each for each in states if each.name == step.name), None)
        is_done = found is not None and found.state == "done"
        retry_at = found.retry_at if found and found.retry_at else now + CLAIM
        return _Outcome(is_done=is_done, retry_at=max(retry_at, now))
