"""What is told of the services, and when they are asked anew."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hearth_kit.clock import ManualClock
from hearth_server.capabilities.stack.model import (
    Found,
    Listed,
    Listing,
    NotAsked,
    OverTCP,
    StackHealth,
    State,
    Way,
)
from hearth_server.capabilities.stack.tools import KEPT_SECONDS, StackTools
from hearth_server.testing.principals import make_principal

pytestmark = pytest.mark.unit

POSTGRES = Listed(name="postgres", title="PostgreSQL", way=OverTCP(host="postgres", port=5432))
N8N = Listed(name="n8n", title="n8n", way=NotAsked(reason="not reachable from here by design"))


@dataclass(slots=True)
class Services:
    listing: Listing = field(default_factory=lambda: Listing(services=(POSTGRES, N8N)))

    async def read(self) -> Listing:
        return self.listing


@dataclass(slots=True)
class Prober:
    """Finds each service as `found` says, once `may_end`; counts how many ask at a time."""

    runs: int = 0
    at_once: int = 0
    most: int = 0
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def probe(self, ways: Sequence[Way]) -> tuple[Found, ...]:
        self.runs += 1
        self.has_begun.set()
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await self.may_end.wait()
        finally:
            self.at_once -= 1
        return tuple(
            Found(state=State.UNKNOWN, detail=way.reason)
            if isinstance(way, NotAsked)
            else Found(state=State.DOWN, detail="refuses connections", milliseconds=3)
            for way in ways
        )


@dataclass(slots=True)
class Bench:
    services: Services = field(default_factory=Services)
    prober: Prober = field(default_factory=Prober)
    clock: ManualClock = field(default_factory=ManualClock)
    tools: StackTools = field(init=False)

    def __post_init__(self) -> None:
        self.tools = StackTools(self.services, self.prober, clock=self.clock)

    async def ask(self) -> StackHealth:
        self.prober.may_end.set()
        return await self.tools.get_stack_health(make_principal())


async def test_each_service_has_its_state_in_the_order_of_the_list() -> None:
    bench = Bench()
    first, second = (await bench.ask()).services
    assert (first.name, first.state, first.milliseconds) == ("postgres", State.DOWN, 3)
    assert (second.title, second.state, second.milliseconds) == ("n8n", State.UNKNOWN, None)
    assert second.detail == "not reachable from here by design"
    assert first.checked_at == bench.clock.now()


async def test_what_was_found_is_kept_for_ten_seconds() -> None:
    bench = Bench()
    before = await bench.ask()
    bench.clock.advance(timedelta(seconds=KEPT_SECONDS - 0.1))
    assert await bench.ask() is before
    bench.clock.advance(timedelta(seconds=0.1))
    after = await bench.ask()
    assert bench.prober.runs == 2
    assert after.services[0].checked_at > before.services[0].checked_at


async def test_another_list_is_asked_at_once() -> None:
    bench = Bench()
    await bench.ask()
    bench.services.listing = Listing(services=(POSTGRES,))
    assert [each.name for each in (await bench.ask()).services] == ["postgres"]


async def test_many_who_ask_together_make_one_run() -> None:
    bench = Bench()
    asking = [
        asyncio.create_task(bench.tools.get_stack_health(make_principal())) for _ in range(20)
    ]
    await asyncio.sleep(0)
    bench.prober.may_end.set()
    await asyncio.gather(*asking)
    assert (bench.prober.runs, bench.prober.most) == (1, 1)


async def test_one_who_leaves_does_not_keep_the_others_waiting() -> None:
    bench = Bench()
    leaver = asyncio.create_task(bench.tools.get_stack_health(make_principal()))
    await bench.prober.has_begun.wait()
    leaver.cancel()
    assert len((await asyncio.wait_for(bench.ask(), 5)).services) == 2


async def test_note_says_why_nothing_is_listed() -> None:
    bench = Bench()
    bench.services.listing = Listing(note="no list")
    assert await bench.ask() == StackHealth(services=(), note="no list")
