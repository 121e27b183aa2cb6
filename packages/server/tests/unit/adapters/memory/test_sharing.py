"""Sharing in memory keeps the promises of its port."""

from __future__ import annotations

import pytest
from hearth_kit.ids import uuid7
from hearth_server.adapters.memory.library import MemoryLibrary
from hearth_server.testing.sharing import ADA, BOB, EVE, Stores, check_sharing

pytestmark = pytest.mark.unit


async def test_sharing_conforms() -> None:
    library = MemoryLibrary()
    ada, bob, eve = uuid7(), uuid7(), uuid7()
    library.sharing.addresses |= {ada: ADA, bob: BOB, eve: EVE}
    stores = Stores(
        documents=library,
        runs=library,
        passages=library,
        sharing=library.sharing,
        ada=ada,
        bob=bob,
        eve=eve,
    )
    await check_sharing(stores, pytest.raises)
