"""How far each person's steps are, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from hearth_server.capabilities.identity.model import ProvisioningState


@dataclass(slots=True)
class MemoryProvisioning:
    """The port `ProvisioningRecords`."""

    states: dict[tuple[UUID, str], ProvisioningState] = field(default_factory=dict)

    async def list_states(self, user_id: UUID) -> tuple[ProvisioningState, ...]:
        """List the steps that were begun, by name."""
        own = [state for (whose, _), state in self.states.items() if whose == user_id]
        return tuple(sorted(own, key=lambda each: each.name))

    async def claim(
        self, user_id: UUID, step: str, *, now: datetime, until: datetime
    ) -> int | None:
        """Begin a step and give how many times it was begun; None when it is not to be begun."""
        fresh = ProvisioningState(name=step, state="pending", at=now)
        known = self.states.get((user_id, step), fresh)
        if known.state == "done" or (known.retry_at is not None and known.retry_at > now):
            return None
        claimed = replace(
            known, state="pending", at=now, attempts=known.attempts + 1, retry_at=until
        )
        self.states[user_id, step] = claimed
        return claimed.attempts

    async def finish(self, user_id: UUID, state: ProvisioningState) -> None:
        """Record how a step ended."""
        attempts = self.states[user_id, state.name].attempts
        self.states[user_id, state.name] = replace(state, attempts=attempts)
