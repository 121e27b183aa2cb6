"""The memory adapters keep the promises of their ports."""

from __future__ import annotations

import pytest
from hearth_server.adapters.memory.library import MemoryLibrary
from hearth_server.adapters.memory.objects import MemoryObjects
from hearth_server.testing.conformance import check_documents, check_objects, check_passages

pytestmark = pytest.mark.unit


async def test_documents_conform() -> None:
    library = MemoryLibrary()
    await check_documents(library, library, pytest.raises)


async def test_passages_conform() -> None:
    library = MemoryLibrary()
    await check_passages(library, library, library)


async def test_objects_conform() -> None:
    await check_objects(MemoryObjects(), pytest.raises)
