"""Setting things up for a person: each step by itself, again until done, by one at a time."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hearth_kit.clock import ManualClock
from hearth_kit.errors import UnavailableError
from hearth_kit.ids import uuid7
from hearth_server.adapters.memory.provisioning import MemoryProvisioning
from hearth_server.capabilities.identity import rules
from hearth_server.capabilities.identity.model import Person, ProvisioningState
from hearth_server.capabilities.identity.provisioning import Provisioner
from hearth_server.principal import Role
from hearth_server.testing.edge import make_lab

pytestmark = pytest.mark.unit

ADA = Person(id=uuid7(), email="ada@example.com", role=Role.USER)


class Step:
    """Fails so many times, then is done."""

    def __init__(self, name: str, *, failures: int = 0, error: Exception | None = None) -> None:
        self.name = name
        self.failures = failures
        self.error = error or UnavailableError(f"{name}: does not answer")
        self.runs: list[str] = []

    async def provision(self, person: Person) -> str:
        self.runs.append(person.email)
        await asyncio.sleep(0)
        if len(self.runs) <= self.failures:
            raise self.error
        return f"{self.name}-7"


def make(
    *steps: Step, records: MemoryProvisioning | None = None
) -> tuple[Provisioner, ManualClock]:
    clock = ManualClock()

    async def sleep(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    return Provisioner(records or MemoryProvisioning(), steps, clock=clock, sleep=sleep), clock


async def states(provisioner: Provisioner) -> dict[str, str]:
    return {each.name: each.state for each in await provisioner.states(ADA.id)}


async def until_done(provisioner: Provisioner) -> None:
    for _ in range(200):
        if set((await states(provisioner)).values()) == {"done"}:
            return
        await asyncio.sleep(0)
    raise AssertionError(await provisioner.states(ADA.id))


async def test_steps_run_once() -> None:
    step = Step("objects")
    provisioner, _ = make(step)
    assert await states(provisioner) == {"objects": "pending"}
    for _ in range(5):
        provisioner.notice(ADA)
    await until_done(provisioner)
    provisioner.notice(ADA)
    await asyncio.sleep(0)
    assert step.runs == ["ada@example.com"]
    (state,) = await provisioner.states(ADA.id)
    assert (state.attempts, state.detail, state.retry_at) == (1, "objects-7", None)


async def test_failed_step_holds_up_no_other() -> None:
    immich, objects = Step("immich", failures=99), Step("objects")
    provisioner, clock = make(immich, objects)
    due = await provisioner.run_due(ADA)
    first, second = await provisioner.states(ADA.id)
    assert (first.name, first.state, first.reason) == (
        "immich",
        "failed",
        "immich: does not answer",
    )
    assert second.state == "done"
    assert first.retry_at == due == clock.now() + timedelta(seconds=2)


async def test_step_is_tried_until_done() -> None:
    step = Step("immich", failures=4)
    provisioner, clock = make(step)
    begun = clock.now()
    provisioner.notice(ADA)
    await until_done(provisioner)
    assert len(step.runs) == 5
    assert clock.now() - begun == timedelta(seconds=2 + 4 + 8 + 16)


async def test_broken_step_is_told_without_its_insides() -> None:
    provisioner, _ = make(Step("immich", failures=1, error=RuntimeError("password hunter2")))
    await provisioner.run_due(ADA)
    (state,) = await provisioner.states(ADA.id)
    assert state.reason == "immich: something broke, the log tells more"


async def test_other_process_goes_on() -> None:
    """What one process could not set up before it stopped, the next one does."""
    records = MemoryProvisioning()
    step = Step("immich", failures=1)
    first, _ = make(step, records=records)
    await first.run_due(ADA)
    await first.close()
    second, clock = make(step, records=records)
    assert await second.run_due(ADA) is not None
    assert len(step.runs) == 1
    clock.advance(timedelta(seconds=2))
    assert await second.run_due(ADA) is None
    assert len(step.runs) == 2


class Stubborn(MemoryProvisioning):
    """Records of a database that goes away: a cancelled question ends as one that failed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def claim(self, user_id: UUID, step: str, *, now: datetime, until: datetime) -> int:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise UnavailableError("postgres: does not answer") from None
        raise AssertionError


async def test_close_ends_what_fails_while_it_is_cancelled() -> None:
    records = Stubborn()
    provisioner, _ = make(Step("objects"), records=records)
    provisioner.notice(ADA)
    await records.asked.wait()
    async with asyncio.timeout(20):
        await provisioner.close()
    assert await provisioner.states(ADA.id) == (
        ProvisioningState(name="objects", state="pending", at=None),
    )


async def test_close_stops_waiting() -> None:
    started = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        started.set()
        await asyncio.Event().wait()

    step = Step("immich", failures=99)
    provisioner = Provisioner(MemoryProvisioning(), (step,), clock=ManualClock(), sleep=sleep)
    provisioner.notice(ADA)
    await started.wait()
    async with asyncio.timeout(1):
        await provisioner.close()
    assert len(step.runs) == 1


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 2), (2, 4), (5, 32), (11, 2048), (12, 3600), (10**9, 3600)]
)
def test_pauses_grow_to_an_hour(attempts: int, seconds: int) -> None:
    assert rules.pause_after(attempts) == timedelta(seconds=seconds)


async def test_state_stands_in_me() -> None:
    lab = make_lab(steps=(Step("objects"),))
    async with lab.client(token=lab.add_token(lab.add_person())) as client:
        await client.get("/api/me")
        for _ in range(10):
            await asyncio.sleep(0)
        steps = (await client.get("/api/me/provisioning")).json()
    assert [(each["name"], each["state"]) for each in steps] == [
        ("profile", "done"),
        ("objects", "done"),
    ]
    await lab.provisioner.close()
